"""billhub release: lets due bills of an `issue: manual` kind be issued."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor, reader, writer
from hub.cli.options import Config, Data, Json
from hub.cli.output import BAD, GOOD, end, faults_end, put, put_json

NAME: Final = "release"
HELP: Final = say(
    "放行人工开具的票据 (issue: manual)。例: billhub release F20260001 --data data",
    "Lets bills that wait for a person (issue: manual) be issued. Example: billhub release F20260001 --data data",
)


def command(
    keys: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY",
            help=say("收费号、缴款码、交易号、票据或消息号", "a charge, pay code, trade, bill or message number"),
        ),
    ],
    unit: Annotated[str, typer.Option(metavar="ID", help=say("只放行一个单位的", "of one unit only"))] = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Goes through the running hub where there is one. Exit 1 where nothing waited for a person."""
    with faults_end():
        found = reader(data).find(keys, status="due", unit=unit)
        units = sorted({bill["unit"]["id"] for bill in found})
        if len(units) > 1:
            raise typer.BadParameter(
                say(f"{', '.join(units)} 都有,请用 --unit 指明", f"{', '.join(units)} have it; say which"),
                param_hint="--unit",
            )
        ids = [bill["id"] for bill in found]
        released = 0
        if ids:
            with writer(data, config) as do:
                released = do("bills.release", bill_ids=ids, actor=actor())
        put_json({"due": len(ids), "released": released}) if as_json else put(
            say(f"{len(ids)} 张待开,放行 {released} 张", f"{len(ids)} due, {released} released")
        )
        end(GOOD if released else BAD)
