"""Where a unit of a site stands, in words that know no id, no time and no number: the same on either engine, or not."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import orjson

from tests.engine.same.sites import Site
from tests.engine.same.words import End

_BILLS = """
SELECT id, charge_no, face, status, total, insured, allocations, reverses, replaces, fault FROM bill
WHERE unit = '{unit}'"""
_CASES = "SELECT status, fault, surplus FROM matter WHERE unit = '{unit}' AND status <> 'merged'"
_SETTLED = {"due": "settled"}
"""A case is not decided anew when its bills are issued: whether it was `due` last tells what came in when."""
_BOOKS = "SELECT source, place, count FROM tally WHERE unit = '{unit}' AND count <> 0"
_REFUSED = "SELECT source, fault FROM refused WHERE unit = '{unit}'"
_OUTBOX = "SELECT kind, fault FROM outbox WHERE unit = '{unit}'"


async def end_of(site: Site, unit: str, *, numbers: bool = True) -> End:
    """Everything a person could find out about the unit; without its numbers it costs far less."""

    async def rows(question: str) -> list[tuple[Any, ...]]:
        return await site.rows(question.format(unit=unit))

    accounts = (await asyncio.to_thread(site.reader.books))["numbers"] if numbers else []
    parked = await asyncio.to_thread(site.reader.parked, unit)
    bills = await rows(_BILLS)
    charges = {bill[0]: bill[1] for bill in bills}
    return End(
        bills=tuple(sorted(_bill(site.trades, charges, *bill) for bill in bills)),
        cases=_counted(
            " ".join([_SETTLED.get(status, status), *_code(fault), *_surplus(more)])
            for status, fault, more in await rows(_CASES)
        ),
        books=tuple(sorted(f"{source} {place} {count}" for source, place, count in await rows(_BOOKS))),
        numbers=tuple(_numbers(site.codes[one["code"]], one) for one in accounts if one["unit"] == unit),
        parked=_counted(f"{one['what']} {one['fault']['en']['code']}" for one in parked),
        refused=_counted(" ".join([source, *_code(fault)]) for source, fault in await rows(_REFUSED)),
        outbox=_counted(" ".join([kind, *_code(fault)]) for kind, fault in await rows(_OUTBOX)),
    )


def _bill(
    trades: dict[str, str],
    charges: dict[str, str],
    _id: str,
    charge_no: str,
    face: str,
    status: str,
    total: int,
    insured: int,
    allocations: str,
    reverses: str,
    replaces: str,
    fault: str | None,
) -> str:
    parts: Counter[str] = Counter()
    for key, fen in orjson.loads(allocations):
        parts[trades.get(key.rpartition("/")[2], "cash")] += fen
    text = f"{charge_no} {face} {status} {total}" + (f" insured {insured}" if insured else "")
    if parts:
        text += " = " + " + ".join(f"{name} {fen}" for name, fen in sorted(parts.items()))
    for word, other in (("reverses", reverses), ("replaces", replaces)):
        if other:
            text += f", {word} {charges[other]}"
    return ", ".join([text, *_code(fault)])


def _numbers(type_: str, one: dict[str, Any]) -> str:
    """What issuers of a cluster hold in blocks is not used either: it is left, like what is free."""
    assert one["balanced"]
    counts = {
        "used": one["used"],
        "void": one["void"],
        "reserved": one["reserved"],
        "left": one["free"] + one["leased"],
    }
    return " ".join(
        [type_, *(f"{name} {count}" for name, count in counts.items() if count or name in {"used", "left"})]
    )


def _code(fault: str | None) -> list[str]:
    return [orjson.loads(fault)[0]] if fault else []


def _surplus(fen: int) -> list[str]:
    return [f"+{fen}"] if fen else []


def _counted(lines: Any) -> tuple[str, ...]:
    """Sorted, with how often each is there, where that is more than once."""
    return tuple(f"{line} ×{count}" if count > 1 else line for line, count in sorted(Counter(lines).items()))
