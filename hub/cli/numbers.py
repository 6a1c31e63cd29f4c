"""billhub numbers: segments of bill numbers."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor, reader, writer
from hub.cli.options import Config, Data, Json
from hub.cli.output import GOOD, end, faults_end, put, put_json

NAME: Final = "numbers"
COLUMNS: Final = ("used", "void", "reserved", "leased", "quarantined", "free")
HELP: Final = say("号段:库存与领用。", "Number segments: stock and receipt.")
GROUP: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@GROUP.command("stock", help=say("库存。例: billhub numbers stock", "The stock. Example: billhub numbers stock"))
def stock(data: Data = DEFAULT_DATA, config: Config = None, as_json: Json = False) -> None:
    """Every segment's accounting."""
    del config  # taken by every verb that looks at a hub; this one reads the data only
    with faults_end():
        for book in reader(data).books()["numbers"]:
            if as_json:
                put_json(book)
            else:
                counts = "  ".join(f"{name} {book[name]}" for name in COLUMNS)
                put(f"{book['unit']}  {book['code']}  {book['from']}-{book['to']}  {counts}")
        end(GOOD)


@GROUP.command(
    "receive",
    help=say(
        "领取号段。例: billhub numbers receive demo-hospital 41060126 0000000001 0000100000",
        "Takes in a segment. Example: billhub numbers receive demo-hospital 41060126 0000000001 0000100000",
    ),
)
def receive(
    unit: Annotated[str, typer.Argument(help=say("单位编号", "the unit's id"))],
    code: Annotated[str, typer.Argument(help=say("票据代码", "the bill code"))],
    first: Annotated[str, typer.Argument(help=say("起号", "the first number"))],
    last: Annotated[str, typer.Argument(help=say("止号", "the last number"))],
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Goes through the running hub where there is one."""
    with faults_end():
        writer(data, config)("numbers.receive", unit=unit, code=code, first=first, last=last, actor=actor())
        taken = {"unit": unit, "code": code, "from": first.zfill(10), "to": last.zfill(10)}
        put_json(taken) if as_json else put("{unit} {code} {from}-{to}".format_map(taken))
        end(GOOD)


@GROUP.command(
    "quarantine",
    help=say(
        "恢复后隔离的号码。例: billhub numbers quarantine",
        "Numbers that a restore keeps back. Example: billhub numbers quarantine",
    ),
)
def quarantine(data: Data = DEFAULT_DATA, config: Config = None, as_json: Json = False) -> None:
    """They may stand on bills that payers hold; see docs/backup.md for what to do with them."""
    del config
    with faults_end():
        for unit, code, first, last in reader(data).quarantined():
            shown = {"unit": unit, "code": code, "from": f"{first:010d}", "to": f"{last:010d}"}
            put_json(shown) if as_json else put("{unit}  {code}  {from}-{to}".format_map(shown))
        end(GOOD)


@GROUP.command(
    "void",
    help=say(
        "核销后作废隔离的号码。例: billhub numbers void 41060126 0000000101 0000000120 --reason 核销",
        "Voids quarantined numbers that accounting found on no bill. Example: billhub numbers void 41060126 0000000101 "
        "0000000120 --reason accounted",
    ),
)
def void(
    code: Annotated[str, typer.Argument(help=say("票据代码", "the bill code"))],
    first: Annotated[str, typer.Argument(help=say("起号", "the first number"))],
    last: Annotated[str, typer.Argument(help=say("止号", "the last number"))],
    reason: Annotated[str, typer.Option(metavar="TEXT", help=say("依据", "on what grounds"))],
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Goes through the running hub where there is one."""
    from hub.ledger.numbers import segment_of

    with faults_end():
        low, high = segment_of(code, first, last)
        count = writer(data, config)("numbers.void", code=code, first=low, last=high, reason=reason, actor=actor())
        put_json({"code": code, "void": count}) if as_json else put(f"{code}  void {count}")
        end(GOOD)
