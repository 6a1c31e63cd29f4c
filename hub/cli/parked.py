"""billhub parked: what waits for a person."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.opened import DEFAULT_DATA, actor, reader, replayed, writer
from hub.cli.options import Config, Data, Json, Reveal
from hub.cli.output import BAD, GOOD, complain, end, faults_end, put, put_json

NAME: Final = "parked"
HELP: Final = say("挂起的消息和收费事项。", "Messages and cases that wait for a person.")
GROUP: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@GROUP.command("list", help=say("列出。例: billhub parked list", "Lists them. Example: billhub parked list"))
def list_(data: Data = DEFAULT_DATA, unit: str = "", as_json: Json = False) -> None:
    """Newest first."""
    with faults_end():
        for entry in reader(data).parked(unit):
            fault = entry["fault"] or {}
            shown = fault.get(LANG, {})
            where = f"{entry['unit']}/{entry.get('source', '-')}"
            line = f"{entry['id']}  {entry['at'][:19]}  {where}  {shown.get('code', '')} {shown.get('what', '')}"
            put_json({**entry, "fault": shown}) if as_json else put(line)
        end(GOOD)


@GROUP.command("show", help=say("查看一条。例: billhub parked show ID", "Shows one. Example: billhub parked show ID"))
def show(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
    reveal: Reveal = "",
) -> None:
    """The message's bytes are shown only with --reveal; the facts of its case hold no persons."""
    from hub.engine.envelope import unpack

    with faults_end():
        look = reader(data)
        message = look.message(id_)
        shown: dict[str, Any]
        if message is None:
            facts = look.case_facts(id_)
            if not facts:
                complain(say(f"{id_} 不存在", f"there is no {id_}"))
                end(BAD)
            shown = {"id": id_, "what": "case", "facts": facts}
        else:
            body = unpack(message.pop("body")).body
            shown = {**message, "what": "message", "bytes": len(body), "facts": look.case_facts(message["case_id"])}
            if reveal:
                writer(data, config)("audit", actor=actor(), action="parked.reveal", subject=id_, reason=reveal)
                shown["body"] = body.decode("utf-8", "backslashreplace")
        if as_json:
            put_json(shown)
        else:
            for name, value in shown.items():
                put(f"{name}: {value}")
        end(GOOD)


@GROUP.command(
    "replay",
    help=say(
        "用现在的配置重放。例: billhub parked replay ID -c units/",
        "Reads parked messages again by today's configuration. Example: billhub parked replay ID -c units/",
    ),
)
def replay(
    ids: Annotated[list[str], typer.Argument(metavar="ID")],
    config: Config = None,
    data: Data = DEFAULT_DATA,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("只看结果", "show what would come of it"))] = False,
    as_json: Json = False,
) -> None:
    """Exit 1 where a message is parked again."""
    from hub.cli.replaying import replay as read_again

    with faults_end():
        if config is None:
            raise typer.BadParameter(say("请用 -c 指出单位 YAML", "point -c at the units"), param_hint="-c")
        bad = False
        for id_, submission, shown in read_again(data, config, ids):
            if submission is not None and not dry_run:
                shown.update(writer(data, config)("parked.replay", submission=replayed(submission), actor=actor()))
            bad = bad or shown.get("place") != "applied"
            put_json({"id": id_, **shown}) if as_json else put(f"{id_}  {shown}")
        end(BAD if bad else GOOD)
