"""A delivery from its bytes to the answer in its sender's protocol, with real adapters, ledger, keys and issuer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.adapter import Answer, Delivery
from hub.config import UnitConfig, load_units
from hub.demo.world import APP_ID, World, build, receive_segments, write_units
from hub.engine.desk import LARGE, PORTION, Desk
from hub.engine.embedded.core import Core
from hub.engine.embedded.counter import CallCounter
from hub.engine.embedded.home import Home
from hub.engine.embedded.seats import ThreadSeat
from hub.engine.intake import Intake
from hub.errors import Reject, Retry
from hub.issuing.verify import verify_einvoice
from hub.ledger.reader import Reader
from hub.ledger.records import Batch
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.processes.issuer import local_issuer
from hub.security.certificates import Trust
from hub.simulators.fiscal_books import make_keys
from hub.simulators.hospital_bosssoft import Hospital as Bosssoft
from hub.simulators.hospital_bosssoft import Reply
from hub.simulators.hospital_hl7 import read_ack
from hub.simulators.hospital_hl7_words import Writer
from hub.simulators.school import School


@dataclass
class Office:
    """Everything between the doors and the files, in one process, without a socket."""

    world: World
    units: list[UnitConfig]
    core: Core
    desk: Desk
    reader: Reader
    seat: ThreadSeat
    his: Writer = field(default_factory=lambda: Writer(1))
    bosssoft: Bosssoft = field(init=False)

    def __post_init__(self) -> None:
        self.bosssoft = Bosssoft("", APP_ID, self.world.bosssoft_key, 1)

    def open_issuing(self) -> None:
        self.core.sit(self.seat)

    async def say(self, source: str, body: bytes, door: str = "http", path: str = "", kind: str = "") -> Answer:
        headers = {"content-type": kind} if kind else {}
        at = datetime.now(UTC)
        return await self.desk(f"demo-hospital/{source}", Delivery(body, at, door, path=path, headers=headers))  # type: ignore[arg-type]

    async def hl7(self, body: bytes) -> str:
        return read_ack((await self.say("his", body, "mllp")).body).code

    async def alipay(self, charge_no: str, fen: int) -> bytes:
        body = self.world.alipay.paid(charge_no, fen)
        return (await self.say("alipay", body, kind="application/x-www-form-urlencoded")).body

    async def ask(self, data: dict[str, object]) -> Reply:
        body, kind = self.bosssoft.request(data)
        return self.bosssoft.opened((await self.say("bosssoft", body, path="invoiceEBillOutpatient", kind=kind)).body)

    def bills(self) -> dict[str, int]:
        return dict(self.reader.books()["bills"])

    def source(self, name: str) -> dict[str, int]:
        (book,) = [book for book in self.reader.books()["sources"] if book["source"] == f"demo-hospital/{name}"]
        return {place: book[place] for place in ("applied", "duplicate", "parked", "refused") if book[place]}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.002)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    world = build(tmp_path, 1)
    make_keys(world.platform_keys)
    write_units(world, "http://127.0.0.1:1", "http://127.0.0.1:1/")
    path = world.units / "hospital.yaml"
    path.write_text(
        path.read_text("utf-8").replace(
            "    door: http\n    mappings: [his/bosssoft",
            "    door: http\n    answer_seconds: 1\n    mappings: [his/bosssoft",
        ),
        "utf-8",
    )
    receive_segments(world, 1000)
    home = Home(world.data)
    units = load_units(world.units)
    ledger = SqliteLedger(home.folder, {unit.unit.id: rules_of(unit) for unit in units})
    core = Core(ledger, lambda: datetime.now(UTC), pytest.fail)
    reader = Reader(home.folder, home.vault(), shared=True)
    desk = Desk(Intake(units, home.vault()), CallCounter(core), lambda: reader)
    issuer = local_issuer(home, units)
    seat = ThreadSeat(core, lambda: issuer)
    yield Office(world, units, core, desk, reader, seat)
    assert reader.books()["balanced"]
    seat.close()
    reader.close()
    ledger.close()


async def test_a_charge_and_its_payment_are_a_signed_bill(office: Office) -> None:
    office.open_issuing()
    charge = office.his.charge()
    assert await office.hl7(charge.body) == "AA"
    assert await office.alipay(charge.charge_no, charge.amount_fen) == b"success"
    await until(lambda: office.bills() == {"issued": 1})
    ((bill_id, _code, _number),) = office.reader.issued([charge.charge_no])
    xml = office.reader.document(bill_id, "xml")
    assert xml is not None
    assert verify_einvoice(xml, Trust.from_folder(office.world.data / "trust")).ok


async def test_the_answer_comes_when_the_message_lies_in_the_database(office: Office) -> None:
    charge = office.his.charge()
    answered = asyncio.ensure_future(office.hl7(charge.body))
    await asyncio.sleep(0)
    assert not answered.done()
    assert await answered == "AA"
    assert office.source("his") == {"applied": 1}


async def test_a_repeat_gets_the_same_answer_and_other_content_does_not(office: Office) -> None:
    charge = office.his.charge()
    for _ in range(2):
        assert await office.hl7(charge.body) == "AA"
    assert await office.hl7(office.his.changed(charge)) == "AE"
    assert office.source("his") == {"applied": 1, "duplicate": 1, "parked": 1}
    (parked,) = office.reader.parked()
    kept = office.reader.message(parked["id"])
    assert kept is not None
    assert len(kept["body"]) > 100  # the other content can be looked at


async def test_a_forged_payment_is_refused_and_kept(office: Office) -> None:
    body = office.world.alipay.paid("C1", 100).replace(b"total_amount=", b"total_amount=9", 1)
    answer = await office.say("alipay", body, kind="application/x-www-form-urlencoded")
    assert answer.body != b"success"
    assert office.source("alipay") == {"refused": 1}
    (refused,) = office.reader.refused()
    kept = office.reader.refused_message(refused["id"])
    assert kept is not None
    assert b"total_amount=9" in kept["body"]


async def test_who_expects_the_bill_waits_for_it(office: Office) -> None:
    office.open_issuing()
    data = office.bosssoft.bill("outpatient")
    first, second = await office.ask(data), await office.ask(data)
    assert (first.result, second.result) == ("S0000", "S0000")
    assert first.message["billNo"] == second.message["billNo"] == "0000000001"
    assert office.source("bosssoft") == {"applied": 1, "duplicate": 1}


async def test_who_waited_too_long_gets_the_same_bill_when_asking_again(office: Office) -> None:
    data = office.bosssoft.bill("outpatient")
    assert not (await office.ask(data)).ok  # nobody issues yet
    assert office.bills() == {"due": 1}
    office.open_issuing()
    again = await office.ask(data)
    assert (again.result, again.message["billNo"]) == ("S0000", "0000000001")
    assert office.bills() == {"issued": 1}


async def test_many_at_once_share_batches_and_get_each_their_own_bill(office: Office) -> None:
    office.open_issuing()
    all_data = [office.bosssoft.bill("outpatient") for _ in range(40)]
    replies = await asyncio.gather(*(office.ask(data) for data in all_data))
    assert {reply.result for reply in replies} == {"S0000"}
    assert len({reply.message["billNo"] for reply in replies}) == 40
    assert office.core.tally.batches < 40


async def test_an_unknown_source_is_refused(office: Office) -> None:
    with pytest.raises(Reject):
        await office.desk("demo-hospital/nobody", Delivery(b"x", datetime.now(UTC), "http"))


async def test_a_desk_that_is_full_takes_nothing(office: Office) -> None:
    desk = Desk(office.desk._intake, CallCounter(office.core), lambda: office.reader, most_in_flight=1)
    office.desk = desk
    charges = [office.his.charge() for _ in range(2)]
    first, second = await asyncio.gather(*(office.hl7(charge.body) for charge in charges), return_exceptions=True)
    assert first == "AA"
    assert isinstance(second, Retry)
    assert office.source("his") == {"applied": 1}
    assert await office.hl7(charges[1].body) == "AA"


async def test_units_read_anew_hold_for_what_comes_from_now_on(office: Office) -> None:
    path = office.world.units / "hospital.yaml"
    path.write_text(
        path.read_text("utf-8").replace('app_id: "2021000000000001"', 'app_id: "2021000000000002"'), "utf-8"
    )
    charge = office.his.charge()
    assert await office.alipay(charge.charge_no, charge.amount_fen) == b"success"
    office.desk.change(Intake(load_units(office.world.units), Home(office.world.data).vault()))
    assert await office.alipay(charge.charge_no, charge.amount_fen) != b"success"


async def test_a_person_stands_nowhere_in_the_database_in_the_clear(office: Office) -> None:
    office.open_issuing()
    data = office.bosssoft.bill("outpatient")
    assert (await office.ask(data)).ok
    await until(lambda: office.core.idle)
    files = b"".join(path.read_bytes() for path in office.world.data.glob("ledger.db*"))
    assert str(data["busNo"]).encode() in files  # keys are open, so that they can be looked up
    for name in ("payer", "cardNo", "idCardNo"):
        value = str(data[name])
        assert len(value) > 1
        assert value.encode() not in files, name
        assert json.dumps(value).encode() not in files, name


async def test_others_are_answered_while_a_large_table_is_taken(office: Office) -> None:
    school = School(1)
    rows = school.rows(900, projects=1)
    table = Delivery(school.csv(rows, "utf-8"), datetime.now(UTC), "folder", name="fees.csv")
    assert len(table.body) > LARGE
    taken = asyncio.ensure_future(office.desk("demo-school/fees", table))
    await asyncio.sleep(0)
    assert await office.hl7(office.his.charge().body) == "AA"
    assert not taken.done()
    await taken
    (book,) = [book for book in office.reader.books()["sources"] if book["source"] == "demo-school/fees"]
    assert book["applied"] == book["received"] == len(rows) > 4 * PORTION


async def test_a_number_of_the_year_that_ended_is_not_signed(office: Office) -> None:
    charge = office.his.charge()
    await office.hl7(charge.body)
    await office.alipay(charge.charge_no, charge.amount_fen)
    now = datetime.now(UTC)
    (work,) = office.core.ledger.apply(Batch(), now, 5).work
    issuer = local_issuer(Home(office.world.data), load_units(office.world.units))
    issuer._clock = lambda: now.replace(year=now.year + 1)
    issued, failed = issuer.issue([work])
    assert (issued, [bill.fault.code for bill in failed]) == ([], ["BH-ISS-014"])
    issuer._clock = lambda: now
    issued, failed = issuer.issue([work])
    assert ([bill.bill_number for bill in issued], failed) == (["0000000001"], [])
