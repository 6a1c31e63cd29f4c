"""The simulated hospital against a small MLLP server around the adapter, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.his.hl7v2.adapter import connect
from hub.adapter import Delivery, Outcome
from hub.errors import Reject, define
from hub.mapping.load import load_mapping
from hub.simulators.hospital_hl7 import END, START, HospitalHl7, WrongAck, read_ack, run
from hub.simulators.hospital_hl7_words import MISBEHAVIOURS, Misbehaviour
from tests.adapters.hl7v2.say import AT

MAPPINGS = Path(__file__).parents[3] / "mappings" / "his" / "hl7v2"
CHANGED = define("BH-TST-802", Reject, zh="同号不同文", en="same id, other body", do_zh="换号", do_en="use a new id")


class Hub:
    """Remembers messages as the ledger would, and what its mappings made of them."""

    def __init__(self) -> None:
        self.source = connect({})
        self.mappings = [load_mapping(MAPPINGS / f"{name}.yaml") for name in ("dft-p03", "adt")]
        self.seen: dict[str, bytes] = {}
        self.totals: dict[str, int] = {}
        self.paid: dict[str, int] = {}
        self.payers: set[str] = set()
        self.port = 0

    def take(self, body: bytes) -> bytes:
        sent = Delivery(body, AT, "mllp")
        results = []
        try:
            messages = self.source.read(sent)
        except Reject as fault:
            return self.source.answer(sent, [], fault).body
        for message in messages:
            known = self.seen.get(message.identity)
            if message.fault:
                outcome = Outcome("refused", message.fault)
            elif known is not None:
                same = known == message.fingerprint
                outcome = Outcome("duplicate") if same else Outcome("parked", CHANGED())
            else:
                self.seen[message.identity] = message.fingerprint
                self._apply(message.tree)
                outcome = Outcome("applied")
            results.append((message, outcome))
        return self.source.answer(sent, results).body

    def _apply(self, tree: object) -> None:
        for mapping in self.mappings:
            if mapping.matches(tree):
                for event in mapping.run(tree, AT).events:
                    if event.kind == "charge":
                        self.totals[event.charge_no] = int(event.total_fen)
                        self.payers.add(event.payer.name)
                    elif event.kind == "payment":
                        self.paid[str(event.charge_no)] = int(event.amount_fen)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                frame = await reader.readuntil(END)
                writer.write(START + self.take(frame.removeprefix(START).removesuffix(END)) + END)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=8 * 1024 * 1024)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.mark.parametrize("enhanced", [False, True])
async def test_charges_arrive_as_sent(enhanced: bool) -> None:
    async with hub() as made, HospitalHl7("127.0.0.1", made.port, 7, enhanced=enhanced) as his:
        for _ in range(20):
            _, ack = await his.send_charge()
            assert ack.code == "AA"
        assert made.totals == {charge.charge_no: charge.amount_fen for charge in his.charges}
        assert made.payers == {charge.patient.name for charge in his.charges}


@pytest.mark.parametrize(("charset", "declares"), [("UTF-8", False), ("GBK", True), ("GB18030", True), ("GBK", False)])
async def test_every_character_set(charset: str, declares: bool) -> None:
    async with hub() as made, HospitalHl7("127.0.0.1", made.port, 3, charset=charset, declares=declares) as his:
        for _ in range(30):
            await his.send_charge()
        assert made.payers == {charge.patient.name for charge in his.charges}


async def test_cash_pays_the_charge() -> None:
    async with hub() as made, HospitalHl7("127.0.0.1", made.port) as his:
        charge, _ = await his.send_charge(4, cash=True)
        assert made.paid == {charge.charge_no: charge.amount_fen}
        assert (await his.send_visit(charge)).code == "AA"


@pytest.mark.parametrize("charset", ["UTF-8", "GBK"])
async def test_lines_are_taken_back(charset: str) -> None:
    async with hub() as made, HospitalHl7("127.0.0.1", made.port, 3, charset=charset) as his:
        charge, _ = await his.send_charge(3)
        revised = his.writer.revised(charge)
        assert 0 < revised.amount_fen < charge.amount_fen
        assert (await his.told(revised.body, revised.control_id)).code == "AA"
        assert made.totals == {charge.charge_no: revised.amount_fen}
        assert (await his.told(*his.writer.credited(charge))).code == "AA"
        assert made.totals == {charge.charge_no: 0}


@pytest.mark.parametrize("how", MISBEHAVIOURS)
async def test_misbehaviour(how: Misbehaviour) -> None:
    expected = {"duplicate": ["AA", "AA"], "changed": ["AA", "AE"], "payment_first": ["AA", "AA"], "batch": ["AA"] * 3}
    async with hub() as made, HospitalHl7("127.0.0.1", made.port, 5) as his:
        acks = await his.misbehave(how)
        assert [ack.code for ack in acks] == expected.get(how, ["AA"])
        assert made.totals == {charge.charge_no: charge.amount_fen for charge in his.charges}


async def test_the_same_seed_sends_the_same() -> None:
    async with hub() as made:
        first = await run("127.0.0.1", made.port, 5, 11, misbehave=["duplicate"])
        assert first == await run("127.0.0.1", made.port, 5, 11, misbehave=["duplicate"])
        assert len(made.totals) == 6


async def test_a_wrong_answer_is_noticed() -> None:
    with pytest.raises(WrongAck):
        read_ack(b"HTTP/1.1 200 OK")
    with pytest.raises(WrongAck):
        read_ack(b"MSH|^~\\&|\rZZZ|1\r")
    async with hub() as made, HospitalHl7("127.0.0.1", made.port) as his:
        charge = his.writer.charge()
        with pytest.raises(WrongAck):
            await his.told(charge.body, "another")


async def test_empty_and_garbage_frames_are_answered() -> None:
    async with hub() as made, HospitalHl7("127.0.0.1", made.port) as his:
        for body in (b"", b"garbage", b"\x00" * 40, "张测试".encode("gbk")):
            (ack,) = await his.send(body)
            assert ack.code in {"AE", "AR"}
            assert ack.control_id == ""
