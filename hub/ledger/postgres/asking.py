"""What doors and issuers ask in passing: verdicts that are in, bills that are due, what keeps bills due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from hub.ledger.applying import contradiction_of
from hub.ledger.faults import HELD
from hub.ledger.held import Loaded
from hub.ledger.postgres.leasing import held
from hub.ledger.postgres.loading import follow
from hub.ledger.postgres.pool import Connection
from hub.ledger.records import FaultRecord, Verdict, record
from hub.ledger.rows import fault_record
from hub.ledger.schema import DUE

_MESSAGES: Final = """
SELECT id, fingerprint, place, fault, case_id FROM message WHERE id = ANY($1::text[]) AND place <> 'archived'"""
_BILLS: Final = "SELECT id, bills FROM matter WHERE id = ANY($1::text[])"
_LIVING: Final = "SELECT id FROM bill WHERE id = ANY($1::text[]) AND status <> 'void'"
ARE_DUE: Final = """
SELECT id FROM bill WHERE id = ANY($1::text[]) AND status = 'due' AND issue = 'on_payment'"""
COUNT_DUE: Final = "SELECT count(*) FROM bill WHERE status = 'due' AND issue = 'on_payment'"
_ALARMS: Final = f"""
SELECT unit, fault FROM bill WHERE {DUE} AND fault IS NOT NULL
UNION SELECT unit, fault FROM bill WHERE starved IS NOT NULL AND fault IS NOT NULL"""  # noqa: S608


async def verdicts(connection: Connection, asked: Iterable[tuple[str, bytes]]) -> dict[str, Verdict]:
    """Verdicts on messages by (id, fingerprint), as far as they are in."""
    names: dict[str, str] = {}
    marks = dict(asked)
    for id_, mark in marks.items():
        names[id_] = id_
        names[contradiction_of(id_, mark)] = id_
    rows = await connection.fetch(_MESSAGES, list(names))
    found = {names[row["id"]]: row for row in rows if row["fingerprint"] == marks[names[row["id"]]]}
    bills = await _bills(connection, {row["case_id"] for row in found.values() if row["case_id"]})
    return {
        id_: Verdict(row["place"], fault_record(row["fault"]), *bills.get(row["case_id"], (row["case_id"], [])))
        for id_, row in found.items()
    }


async def _bills(connection: Connection, cases: set[str]) -> Mapping[str, tuple[str, list[str]]]:
    """Case id → the case it is now, and its bills that are not void."""
    if not cases:
        return {}
    loaded = Loaded()
    await follow(connection, loaded, cases)
    homes = {case_id: loaded.home(case_id) for case_id in cases}
    lists = {id_: orjson.loads(bills) for id_, bills in await connection.fetch(_BILLS, list(set(homes.values())))}
    every = [bill_id for bills in lists.values() for bill_id in bills]
    living = {id_ for (id_,) in await connection.fetch(_LIVING, every)} if every else set()
    return {
        case_id: (home, [bill_id for bill_id in lists.get(home, ()) if bill_id in living])
        for case_id, home in homes.items()
    }


async def alarms(connection: Connection) -> dict[str, FaultRecord]:
    """What keeps bills due: a name → the fault."""
    found: dict[str, FaultRecord] = {}
    for unit, text in await connection.fetch(_ALARMS):
        fault = fault_record(text)
        if fault is not None:
            found[f"{fault.code} {fault.where or unit}"] = fault
    number = await held(connection)
    if number is not None:
        found["epoch"] = record(HELD(epoch=number))
    return found
