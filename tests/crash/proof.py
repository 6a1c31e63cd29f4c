"""What must hold of a hub that was killed: nothing acknowledged is missing, and every fen and number is accounted for.

The database is read as any program could read it; bills are read and verified as their receivers would.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from hub.bill.bill import Bill
from hub.issuing.verify import verify_einvoice
from hub.ledger.reader import Reader
from hub.ledger.sqlite_file import FILE
from hub.security.certificates import Trust
from tests.crash.acknowledged import Acknowledged, Told
from tests.crash.senders import HOSPITAL, Senders
from tests.hubprocess import until


class Row(NamedTuple):
    """A bill as the ledger has it."""

    id: str
    unit: str
    charge_no: str
    face: str
    status: str
    total: int
    insured: int
    allocations: str
    bill_code: str
    bill_number: str
    reverses: str


ISSUED = ("issued", "confirmed", "reversing", "reversed")
_BILLS = f"SELECT {', '.join(Row._fields)} FROM bill"
_MOVING = """
SELECT (SELECT COUNT(*) FROM bill WHERE status IN ('due', 'issued', 'reversing'))
     + (SELECT COUNT(*) FROM outbox)"""
_WAITING = "SELECT COUNT(*) FROM matter WHERE status = 'waiting'"


def rows(data: Path, question: str) -> list[tuple[Any, ...]]:
    """What a hub's database answers; read-only, so that recovering a dead hub's is left to its next start."""
    with closing(sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)) as look:
        return look.execute(question).fetchall()


def acknowledged_is_there(senders: Senders) -> None:
    """Whatever any sender saw acknowledged is in the database."""
    data, acknowledged = senders.hub.data, senders.acknowledged
    there = {
        _known(fact) for (facts,) in rows(data, "SELECT facts FROM matter WHERE facts != ''") for fact in _of(facts)
    }
    wanted = {fact for told in acknowledged.charges.values() for fact in told.facts()}
    assert wanted <= there, sorted(wanted - there)[:5]
    numbers = {(row[0], row[1]) for row in rows(data, "SELECT bill_code, bill_number FROM bill")}
    answered = {number for told in acknowledged.charges.values() for number in (told.answer, told.red_answer)}
    assert answered - {None} <= numbers


def _of(facts: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(facts)["facts"]
    return found


def _known(fact: dict[str, Any]) -> tuple[str, str, int]:
    kind = fact["kind"]
    number = fact.get("trade_no") or fact.get("charge_no") or fact.get("bill_key", "")
    return kind, number, fact.get("total", fact.get("refunded", fact.get("amount", 0)))


async def settled(senders: Senders) -> None:
    """Waits until everything is issued and countersigned, and only what must wait does."""
    hub = senders.hub

    def finished() -> bool:
        assert hub.alive, hub.log[-3000:]
        return rows(hub.data, _MOVING) == [(0,)] and rows(hub.data, _WAITING) == [(senders.acknowledged.waiting,)]

    await until(finished, "all is issued and countersigned")


def all_is_well(senders: Senders) -> None:
    """Every charge has the bills that what was acknowledged asks for; numbers and books add up; every bill verifies."""
    reader = senders.hub.reader()
    bills = [Row(*row) for row in rows(senders.hub.data, _BILLS)]
    issued = [row for row in bills if row.status in ISSUED]
    assert reader.parked_count() == 0, reader.parked(limit=3)
    _charges(bills, senders.acknowledged)
    documents = _documents(reader, issued, senders.hub.data / "trust")
    _reds(issued, documents)
    _net(issued, documents, senders.acknowledged)
    _books(reader.books(), bills, senders.acknowledged)
    # the platform saw each number with one content only
    assert senders.town.platform.state("", "") == {"countersigned": len(issued), "refused": 0}


def _charges(bills: list[Row], acknowledged: Acknowledged) -> None:
    by_charge: dict[str, list[Row]] = {}
    for row in bills:
        assert row.status in {"confirmed", "reversed", "void"}, row
        assert row.total == row.insured + sum(fen for _key, fen in orjson.loads(row.allocations)), row
        if row.unit == HOSPITAL:
            by_charge.setdefault(row.charge_no, []).append(row)
    assert by_charge.keys() <= acknowledged.charges.keys()
    for number, told in acknowledged.charges.items():
        _charge(told, by_charge.get(number, []))
    fees = [row for row in bills if row.unit != HOSPITAL]
    assert len(fees) == len({row.charge_no for row in fees}) == sum(acknowledged.files.values())
    assert {row.status for row in fees} <= {"confirmed"}


def _charge(told: Told, bills: list[Row]) -> None:
    """One living bill or none; a red one for each issued bill that became wrong, and for no other."""
    living = [row for row in bills if row.face == "blue" and row.status == "confirmed"]
    reversed_ = [row for row in bills if row.face == "blue" and row.status == "reversed"]
    reds = [row for row in bills if row.face == "red"]
    assert [row.total for row in living] == ([told.living] if told.living else []), (told, bills)
    assert told.seen <= len(reversed_) <= told.wrong, (told, bills)
    assert sorted(row.reverses for row in reds) == sorted(row.id for row in reversed_), (told, bills)
    assert {row.status for row in reds} <= {"confirmed"}
    blue = (living + reversed_)[:1]
    if told.answer:
        assert [(row.bill_code, row.bill_number) for row in blue] == [told.answer]
    if told.red_answer:
        assert [(row.bill_code, row.bill_number) for row in reds] == [told.red_answer]


def _documents(reader: Reader, issued: list[Row], trust: Path) -> dict[str, Bill]:
    """Bill id → what its receivers read; each is verified, and says what the ledger says."""
    trusted = Trust.from_folder(trust)
    made = {}
    for row in issued:
        verdict = verify_einvoice(reader.document(row.id, "xml") or b"", trusted)
        assert verdict.ok, (row, verdict.json("", "en"))
        assert verdict.countersigned, row
        assert (verdict.bill_code, verdict.bill_number) == (row.bill_code, row.bill_number)
        bill = made[row.id] = Bill.model_validate_json(reader.document(row.id, "json") or b"")
        assert (bill.bill_code, bill.bill_number) == (row.bill_code, row.bill_number)
        assert bill.charge_no == row.charge_no
        assert int(bill.total_fen) == (row.total if row.face == "blue" else -row.total)
        assert sum(int(item.amount_fen) for item in bill.items) == int(bill.total_fen)
    return made


def _reds(issued: list[Row], documents: dict[str, Bill]) -> None:
    """A red bill has a number of its own, points back, and takes back every item of the bill it answers."""
    for row in issued:
        if row.face == "blue":
            continue
        red, blue = documents[row.id], documents[row.reverses]
        back = [(one.relation, one.bill_code, one.bill_number) for one in red.related]
        assert back == [("red_of", blue.bill_code, blue.bill_number)]
        assert red.total_fen == -blue.total_fen
        assert [-item.amount_fen for item in red.items] == [item.amount_fen for item in blue.items]


def _net(issued: list[Row], documents: dict[str, Bill], acknowledged: Acknowledged) -> None:
    """All documents of a charge together say what is left of it."""
    net = Counter(dict.fromkeys(acknowledged.charges, 0))
    for row in issued:
        if row.unit == HOSPITAL:
            net[row.charge_no] += int(documents[row.id].total_fen)
    assert net == {number: told.living for number, told in acknowledged.charges.items()}


def _books(books: dict[str, Any], bills: list[Row], acknowledged: Acknowledged) -> None:
    assert books["balanced"], books
    assert books["bills"].get("waiting", 0) == acknowledged.waiting
    used = [(row.bill_code, row.bill_number) for row in bills if row.status in ISSUED]
    void = [(row.bill_code, row.bill_number) for row in bills if row.status == "void" and row.bill_number]
    assert max(Counter(used + void).values()) == 1
    for segment in books["numbers"]:
        code, count = segment["code"], int(segment["to"]) - int(segment["from"]) + 1
        assert segment["used"] == sum(number[0] == code for number in used)
        assert segment["void"] == sum(number[0] == code for number in void)
        assert (segment["reserved"], segment["leased"]) == (0, 0)
        assert segment["used"] + segment["void"] + segment["free"] == count
        given = [int(number[1]) for number in used + void if number[0] == code]
        assert sorted(given) == list(range(int(segment["from"]), int(segment["from"]) + len(given)))
