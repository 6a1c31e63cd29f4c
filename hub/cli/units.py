"""billhub units: the units of a hub; pausing one, and letting it go on."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor, reader, writer
from hub.cli.options import Config, Data, InRegion, Json
from hub.cli.output import GOOD, end, faults_end, put, put_json
from hub.cli.tenants import area, units_of

NAME: Final = "units"
HELP: Final = say("单位:列出、暂停、恢复。", "Units: list them, pause one, let it go on.")
GROUP: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Id = Annotated[str, typer.Argument(metavar="UNIT", help=say("单位编号", "the unit's id"))]


@GROUP.command(
    "list",
    help=say("列出。例: billhub units list --region 4101", "Lists them. Example: billhub units list --region 4101"),
)
def list_(data: Data = DEFAULT_DATA, config: Config = None, region: InRegion = "", as_json: Json = False) -> None:
    """Each with its region, and why it is paused, if it is."""
    with faults_end():
        units = units_of(data, config)
        inside = area(region, data, config)
        paused = {row["unit"]: row for row in reader(data).pauses()}
        names = {unit.unit.id: unit for unit in units}
        for id_ in sorted({*names, *paused}):
            if inside is not None and id_ not in inside.units:
                continue
            unit = names.get(id_)
            shown = {"id": id_} | ({"name": unit.unit.name, "region": unit.unit.region} if unit is not None else {})
            pause = paused.get(id_)
            if pause is not None:
                shown["paused"] = {name: pause[name] for name in ("at", "actor", "reason", "doors")}
            if as_json:
                put_json(shown)
                continue
            why = ""
            if pause is not None:
                doors = say("(收件口关闭)", " (doors closed)") if pause["doors"] else ""
                why = (
                    "  "
                    + say("已暂停", "paused")
                    + f"{doors}: {pause['reason']} ({pause['actor']}, {pause['at'][:19]})"
                )
            put(f"{id_}  {shown.get('region', '-')}  {shown.get('name', '-')}{why}")
        end(GOOD)


@GROUP.command(
    "pause",
    help=say(
        '暂停一个单位:照收不开。例: billhub units pause demo-hospital --reason "核对印章"',
        'Takes in, issues nothing. Example: billhub units pause demo-hospital --reason "its seal is checked"',
    ),
)
def pause(
    unit: Id,
    reason: Annotated[str, typer.Option(metavar="TEXT", help=say("原因,记入审计", "why; it goes to the audit log"))],
    doors: Annotated[
        bool,
        typer.Option("--doors", help=say("同时不再收件,对方稍后重发", "take nothing in either; senders come again")),
    ] = False,
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Goes through the running hub where there is one; lasts until `resume`, over restarts, too."""
    from hub.config import UNKNOWN_NAME

    with faults_end():
        known = [one.unit.id for one in units_of(data, config)] or reader(data).units()
        if unit not in known:
            raise UNKNOWN_NAME(name=unit, known=", ".join(known[:20]))
        with writer(data, config) as do:
            do("units.pause", unit=unit, reason=reason, doors=doors, actor=actor())
        put_json({"unit": unit, "paused": True, "doors": doors}) if as_json else put(
            say(f"{unit} 已暂停", f"{unit} paused")
        )
        end(GOOD)


@GROUP.command(
    "resume",
    help=say(
        "恢复。例: billhub units resume demo-hospital", "Lets it go on. Example: billhub units resume demo-hospital"
    ),
)
def resume(unit: Id, data: Data = DEFAULT_DATA, config: Config = None, as_json: Json = False) -> None:
    """Whatever came meanwhile is issued, in its order."""
    with faults_end():
        with writer(data, config) as do:
            do("units.resume", unit=unit, actor=actor())
        put_json({"unit": unit, "paused": False}) if as_json else put(say(f"{unit} 已恢复", f"{unit} goes on"))
        end(GOOD)
