"""billhub numbers: segments of bill numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor, reader, writer
from hub.cli.options import Config, Data, InRegion, Json
from hub.cli.output import GOOD, end, faults_end, put, put_json
from hub.cli.tenants import above_of, area, regions_of, units_of

NAME: Final = "numbers"
COLUMNS: Final = ("used", "void", "reserved", "leased", "quarantined", "free")
HELP: Final = say("号段:库存、领用、下发。", "Number segments: stock, receipt, handing down.")
GROUP: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@GROUP.command(
    "stock",
    help=say(
        "库存。例: billhub numbers stock --region 4101", "The stock. Example: billhub numbers stock --region 4101"
    ),
)
def stock(data: Data = DEFAULT_DATA, config: Config = None, region: InRegion = "", as_json: Json = False) -> None:
    """Every segment's accounting; with --region, each region and unit there with all that is below it."""
    with faults_end():
        if region:
            _tree(region, data, config, as_json=as_json)
            end(GOOD)
        books = reader(data).books()
        for book in books["numbers"]:
            if as_json:
                put_json(book)
            else:
                counts = "  ".join(f"{name} {book[name]}" for name in COLUMNS)
                put(f"{book['unit']}  {book['code']}  {book['from']}-{book['to']}  {counts}")
        for book in books["stock"]:
            if as_json:
                put_json(book)
            else:
                counts = "  ".join(f"{name} {book[name]}" for name in ("handed_down", "free"))
                put(f"{book['region']}  {book['code']}  {book['from']}-{book['to']}  {counts}")
        end(GOOD)


def _tree(region: str, data: Path, config: Path | None, *, as_json: bool) -> None:
    from hub.ledger.area import tree_above

    inside = area(region, data, config)
    assert inside is not None
    above = tree_above(units_of(data, config), regions_of(data, config))
    for book in reader(data).numbers_tree(above):
        if book["node"] in inside.units or book["node"] in inside.regions:
            if as_json:
                put_json(book)
            else:
                names = ("received", *COLUMNS, "handed_down")
                put(f"{book['node']}  {book['code']}  " + "  ".join(f"{name} {book[name]}" for name in names))


@GROUP.command(
    "receive",
    help=say(
        "领取号段,给单位或区划。例: billhub numbers receive demo-hospital 41060126 0000000001 0000100000",
        "Takes in a segment, of a unit or a region. "
        "Example: billhub numbers receive demo-hospital 41060126 0000000001 0000100000",
    ),
)
def receive(
    unit: Annotated[str, typer.Argument(help=say("单位编号或六位区划", "the unit's id, or a region's six digits"))],
    code: Annotated[str, typer.Argument(help=say("票据代码", "the bill code"))],
    first: Annotated[str, typer.Argument(help=say("起号", "the first number"))],
    last: Annotated[str, typer.Argument(help=say("止号", "the last number"))],
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Goes through the running hub where there is one."""
    with faults_end():
        node = _node(unit, data, config)
        with writer(data, config) as do:
            do("numbers.receive", **node, code=code, first=first, last=last, actor=actor())
        taken = {"unit": unit, "code": code, "from": first.zfill(10), "to": last.zfill(10)}
        put_json(taken) if as_json else put("{unit} {code} {from}-{to}".format_map(taken))
        end(GOOD)


@GROUP.command(
    "allot",
    help=say(
        "由上级区划下发号码给单位或下级区划。例: billhub numbers allot demo-hospital 41060126 1000 -c units/",
        "Hands numbers down to a unit or a region. "
        "Example: billhub numbers allot demo-hospital 41060126 1000 -c units/",
    ),
)
def allot(
    to: Annotated[str, typer.Argument(help=say("单位编号或六位区划", "the unit's id, or a region's six digits"))],
    code: Annotated[str, typer.Argument(help=say("票据代码", "the bill code"))],
    count: Annotated[int, typer.Argument(min=1, max=10**10, help=say("数量", "how many"))],
    giver: Annotated[
        str,
        typer.Option("--from", metavar="REGION", help=say("由哪个区划;缺省为最近的上级", "from which region above")),
    ] = "",
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """From the nearest region above that has numbers; all of them, or none."""
    from hub.ledger.faults import NOTHING_ABOVE

    with faults_end():
        above = above_of(to, data, config)
        if giver:
            above = [region for region in above if region == giver]
        if not above:
            raise NOTHING_ABOVE(node=to)
        node = _node(to, data, config)
        with writer(data, config) as do:
            given = do("numbers.allot", **node, code=code, count=count, above=above, actor=actor())
        for first, last in given:
            taken = {"to": to, "code": code, "from": f"{first:010d}", "until": f"{last:010d}"}
            put_json(taken) if as_json else put("{to} {code} {from}-{until}".format_map(taken))
        end(GOOD)


def _node(name: str, data: Path, config: Path | None) -> dict[str, str]:
    """A unit or a region by what it is called; a region must be known, and a unit where any is."""
    from hub.config import UNKNOWN_NAME
    from hub.regions import NO_SUCH_REGION, is_code

    units = units_of(data, config)
    ids = [unit.unit.id for unit in units]
    if name in ids or not (is_code(name) or ids):
        return {"unit": name, "region": ""}
    if not is_code(name):
        raise UNKNOWN_NAME(name=name, known=", ".join(ids[:20]))
    tree = regions_of(data, config)
    known = {region.code for unit in units for region in unit.above} | set(tree.names if tree is not None else ())
    if name not in known:
        raise NO_SUCH_REGION(region=name)
    return {"unit": "", "region": name}


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
        with writer(data, config) as do:
            count = do("numbers.void", code=code, first=low, last=high, reason=reason, actor=actor())
        put_json({"code": code, "void": count}) if as_json else put(f"{code}  void {count}")
        end(GOOD)
