"""Hundreds of odd messages of hospitals over MLLP: each has the right answer, each bill the right amount and name."""

from __future__ import annotations

import re

import pytest

from tests.badinput import odd_hl7, odd_hl7_frames
from tests.badinput.hub import Hub
from tests.badinput.odd_hl7 import Odd, Told
from tests.badinput.odd_hl7_frames import NAMES
from tests.badinput.say import ID_NO, holds_person

HIS = "demo-hospital/his"

ALL: Odd = {
    **odd_hl7.AMOUNTS,
    **odd_hl7.LINES,
    **odd_hl7.NUMBERS,
    **odd_hl7.TIMES,
    **{name: case for group in odd_hl7_frames.GROUPS.values() for name, case in group.items()},
}
HEADER_FAULTS = ("BH-HL7-001", "BH-HL7-002", "BH-HL7-010", "BH-HL7-011", "BH-HL7-012", "BH-HL7-013", "BH-MAP-020")


def test_they_are_many() -> None:
    assert len(ALL) >= 250


@pytest.mark.parametrize("name", ALL)
async def test_an_odd_message_has_the_right_answer(hub: Hub, name: str) -> None:
    message, told = ALL[name]
    body = message if isinstance(message, bytes) else message.encode()
    before = hub.counts(HIS)
    ack = await hub.hl7(body)
    assert not holds_person(ack.raw)
    assert (ack.code, ack.text[:10], ack.control_id) == (*_expected(told), _control_id(body))
    after = hub.counts(HIS)
    assert after["received"] == before["received"] + 1
    if isinstance(told, str):
        assert after["applied"] == before["applied"]
        parked = after["parked"] > before["parked"]
        kept = hub.kept(hub.last_parked()[0]) if parked else hub.last_refused()[1]
        assert kept == body[: max(len(kept), 4096)]
    elif told is not None:
        assert after["applied"] == before["applied"] + 1
        hub.wait(lambda: hub.statuses(ack.control_id) == ["confirmed"])
        (bill,) = hub.bills(ack.control_id)
        assert bill["total_fen"] == told
        assert bill["payer"]["name"] == NAMES.get(name, bill["payer"]["name"])
        assert bill["payer"].get("id_no") in (None, ID_NO)


def _expected(told: Told) -> tuple[str, str]:
    if not isinstance(told, str):
        return "AA", ""
    return ("AR" if told in HEADER_FAULTS else "AE"), told


def _control_id(body: bytes) -> str:
    text = body.decode("utf-8", "replace").lstrip("\ufeff\r\n ")
    return re.split("[\r\n]", text)[0].split(text[3])[9]


def test_after_all_that_the_books_balance(hub: Hub) -> None:
    assert hub.books()["balanced"]
