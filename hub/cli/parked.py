"""billhub parked: what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.opened import DEFAULT_DATA, actor, reader, replayed, writer
from hub.cli.options import Config, Data, Json, Reveal
from hub.cli.output import BAD, GOOD, as_text, complain, end, faults_end, put, put_json

if TYPE_CHECKING:
    from hub.ledger.reader import Reader

NAME: Final = "parked"
HELP: Final = say("挂起的消息和收费事项。", "Messages and cases that wait for a person.")
GROUP: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@GROUP.command("list", help=say("列出。例: billhub parked list", "Lists them. Example: billhub parked list"))
def list_(
    data: Data = DEFAULT_DATA,
    config: Config = None,
    unit: Annotated[str, typer.Option(metavar="ID", help=say("只看一个单位", "of one unit only"))] = "",
    refused: Annotated[
        bool, typer.Option("--refused", help=say("改列拒收的消息", "the refused messages instead"))
    ] = False,
    as_json: Json = False,
) -> None:
    """Newest first."""
    del config  # taken by every verb that looks at a hub; this one reads the data only
    with faults_end():
        look = reader(data)
        for entry in look.refused(unit) if refused else look.parked(unit):
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
    with faults_end():
        look = reader(data)
        found = _found(look, id_)
        if found is None:
            complain(say(f"{id_} 不存在", f"there is no {id_}"))
            end(BAD)
        shown, body = found
        if reveal and body is not None:
            with writer(data, config) as do:
                do("audit", actor=actor(), action="parked.reveal", subject=id_, reason=reveal)
            shown["body"] = body.decode("utf-8", "backslashreplace")
        if as_json:
            put_json(shown)
        else:
            for name, value in shown.items():
                put(f"{name}: {value if isinstance(value, str | int) else as_text(value)}")
        end(GOOD)


def _found(look: Reader, id_: str) -> tuple[dict[str, Any], bytes | None] | None:
    """A refused or kept message with its bytes, or a case, which has none."""
    from hub.engine.envelope import unpack

    if (refused := look.refused_message(id_)) is not None:
        body = unpack(refused.pop("body")).body
        return {**refused, "fault": refused["fault"][LANG], "what": "refused", "bytes": len(body)}, body
    if (message := look.message(id_)) is not None:
        body = unpack(message.pop("body")).body
        return {**message, "what": "message", "bytes": len(body), "facts": look.case_facts(message["case_id"])}, body
    facts = look.case_facts(id_)
    return ({"id": id_, "what": "case", "facts": facts}, None) if facts else None


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
        with writer(data, config) as do:
            for id_, submission, shown in read_again(data, config, ids):
                if submission is not None and dry_run:
                    shown.update(do("parked.rehearse", submission=replayed(submission)))
                elif submission is not None:
                    shown.update(do("parked.replay", submission=replayed(submission), actor=actor()))
                bad = bad or shown.get("place") != "applied"
                line = {"id": id_} | {name: value for name, value in shown.items() if value != ""}
                put_json(line) if as_json else _put_replayed(line)
        end(BAD if bad else GOOD)


def _put_replayed(shown: dict[str, Any]) -> None:
    fault = shown.get("fault") or {}
    put(f"{shown['id']}  {shown['place']}  {fault.get('code', shown.get('code', ''))} {fault.get('what', '')}".rstrip())
    for bill in shown.get("bills", ()):
        if isinstance(bill, dict):
            put("    {charge_no}  {face}  {status}  {total_fen}".format_map(bill))
        else:
            put(f"    {bill}")
