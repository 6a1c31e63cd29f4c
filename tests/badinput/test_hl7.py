"""Bad HL7 over MLLP: always an acknowledgement, with the right code and MSA-2, and nothing of a patient in it."""

from __future__ import annotations

import pytest

from hub.simulators.hospital_hl7 import HospitalHl7, read_ack
from tests.badinput.hub import Hub
from tests.badinput.say import NAME, dft, holds_person

HIS = "demo-hospital/his"


def _gb(text: str) -> bytes:
    return text.encode("gb18030")


REFUSED = {
    # name: (what is sent in a frame, MSA-1, MSA-2, our code)
    "an empty frame": (b"", "AR", "", "BH-HL7-001"),
    "garbage": (b"\xff\xfe\x00garbage\x80", None, "", None),
    "no MSH, but a name": (_gb(f"PID|1||P1||{NAME}\rPV1|1|O\r"), "AR", "", "BH-HL7-001"),
    "MSH behind a name": (_gb(f"{NAME}\rMSH|^~\\&|A|B|C|D|20261125||DFT^P03|C0|P|2.4\r"), "AR", "C0", "BH-HL7-001"),
    "MSH and nothing else": (b"MSH|", "AR", "", "BH-HL7-002"),
    "delimiters that are letters": (b"MSHaaaaa|x\r", "AR", "", "BH-HL7-002"),
    "no MSH-10": (dft("").encode(), "AR", "", "BH-HL7-010"),
    "a type nobody takes": (dft("C3", kind="ORU^R01").encode(), "AR", "C3", "BH-HL7-011"),
    "a version nobody has": (dft("C4", version="9.9").encode(), "AR", "C4", "BH-HL7-012"),
    "said to be UTF-8, is GBK": (_gb(dft("C5")), "AE", "C5", "BH-HL7-003"),
    "said to be GB18030, is UTF-8": (dft("C6", charset="GB 18030-2000").encode(), "AE", "C6", "BH-HL7-004"),
    "decodes as nothing": (dft("C7", charset="").encode("gb18030") + b"NTE|1||\xff\xff\r", "AE", "C7", "BH-HL7-003"),
    "a character set nobody knows": (_gb(dft("C8", charset="KLINGON")), "AE", "C8", "BH-HL7-005"),
    "a line that is no segment": (dft("C9", more=f"{NAME}\r").encode(), "AE", "C9", "BH-HL7-020"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_message_is_answered_and_kept(hub: Hub, name: str) -> None:
    body, code, control, fault = REFUSED[name]
    with hub.counted(HIS, refused=1):
        ack = await hub.hl7(body)
    assert not holds_person(ack.raw)
    assert ack.control_id == control
    found, kept = hub.last_refused()
    assert kept == body
    assert found == (fault or found)
    assert ack.code == code or (code is None and ack.code in ("AE", "AR"))
    assert found in ack.text


AMOUNTS = [
    "NaN",
    "Infinity",
    "1e999",
    "1E5",
    "--1",
    "１２",
    "0x10",
    "12.345",
    "99999999999999999999.00",
    "1,000.00",
    "",
]


@pytest.mark.parametrize("amount", AMOUNTS)
async def test_an_amount_that_is_none_is_never_money(hub: Hub, amount: str) -> None:
    control = f"A{AMOUNTS.index(amount)}"
    body = dft(control, visit=f"V{control}", amounts=(amount,), paid="1.00").encode()
    before = hub.counts(HIS)
    ack = await hub.hl7(body)
    assert (ack.code, ack.control_id) == ("AE", control)
    assert not holds_person(ack.raw)
    after = hub.counts(HIS)
    assert after["applied"] == before["applied"]
    id_, code = hub.last_parked()
    assert code.startswith(("BH-MAP-", "BH-BIL-"))
    assert code in ack.text
    assert hub.kept(id_) == body
    assert hub.bills(f"V{control}") == []


async def test_a_negative_charge_parks(hub: Hub) -> None:
    ack = await hub.hl7(dft("N1", visit="VN1", amounts=("-5.00",)).encode())
    assert ack.code in ("AA", "AE")
    assert not [bill for bill in hub.bills("VN1") if bill["status"] != "waiting"]
    assert any(told["code"].startswith(("BH-FLW-013", "BH-BIL", "BH-MAP")) for told in _faults(hub))


async def test_a_charge_without_a_number_parks_with_its_bytes(hub: Hub) -> None:
    body = dft("X1").encode()
    with hub.counted(HIS, parked=1, duplicate=1):
        ack, again = await hub.hl7(body), await hub.hl7(body)
    assert (ack.code, ack.control_id) == ("AE", "X1")
    assert (again.code, again.text) == (ack.code, ack.text)
    id_, code = hub.last_parked()
    assert code.startswith("BH-MAP-")
    assert hub.kept(id_) == body
    # a process that never read a mapping has the sentence too
    for lang, word in (("en", "no charge number"), ("zh", "没有收费编号")):
        ended, said = hub.billhub("--lang", lang, "parked", "list", "--data", str(hub.world.data))
        line = next(line for line in said.splitlines() if line.startswith(id_))
        assert (ended, word in line) == (0, True), said


async def test_an_unknown_code_of_a_table_parks_until_the_table_knows_it(hub: Hub) -> None:
    body = dft("X2", visit="VX2", paid="100.00", channel="SHELLS").encode()
    with hub.counted(HIS, parked=1):
        ack = await hub.hl7(body)
    assert (ack.code, ack.control_id) == ("AE", "X2")
    id_, code = hub.last_parked()
    assert code.startswith("BH-MAP-")
    assert hub.kept(id_) == body


async def test_a_message_over_the_limit_is_refused_and_its_beginning_kept(hub: Hub) -> None:
    body = dft("L1", more="NTE|1||" + "x" * (4 * 1024 * 1024)).encode()
    with hub.counted(HIS, refused=1):
        ack = await hub.hl7(body)
    assert ack.code == "AE"
    assert ack.control_id == "L1"
    assert not holds_person(ack.raw)
    code, kept = hub.last_refused()
    assert code == "BH-DOR-030"
    assert kept
    assert body.startswith(kept)


async def test_what_has_no_frame_is_answered_before_a_sender_gives_up(hub: Hub) -> None:
    body = dft("U1").encode()
    with hub.counted(HIS, refused=1):
        ack = read_ack(await hub.raw_mllp(body, seconds=4))
    assert ack.code == "AE"
    assert not holds_person(ack.raw)
    assert hub.last_refused() == ("BH-DOR-031", body)


async def test_half_a_frame_is_no_message(hub: Hub) -> None:
    with hub.counted(HIS):
        assert await hub.raw_mllp(b"\x0b" + dft("H1", visit="VH1", paid="100.00").encode()[:300], end=True) == b""
    assert hub.bills("VH1") == []


async def test_several_messages_in_one_frame_are_answered_each(hub: Hub) -> None:
    good, bad = dft("S1", visit="VS1", paid="100.00"), dft("S2", kind="ORU^R01")
    with hub.counted(HIS, applied=1, refused=1):
        async with HospitalHl7(*hub.mllp()) as his:
            first, second = await his.send((good + bad).encode(), answers=2)
    assert (first.code, first.control_id) == ("AA", "S1")
    assert (second.code, second.control_id) == ("AR", "S2")
    hub.wait(lambda: hub.statuses("VS1") == ["confirmed"])


async def test_a_repeat_is_the_old_answer_and_another_body_an_error(hub: Hub) -> None:
    body = dft("R1", visit="VR1", paid="100.00").encode()
    with hub.counted(HIS, applied=1, duplicate=2, parked=1):
        first, again = await hub.hl7(body), await hub.hl7(body)
        other = await hub.hl7(body.replace(b"100.00", b"900.00"))
        assert (await hub.hl7(body.replace(b"100.00", b"900.00"))).code == other.code
    assert (first.code, again.code) == ("AA", "AA")
    assert (other.code, other.control_id) == ("AE", "R1")
    assert "BH-LED-001" in other.text
    hub.wait(lambda: hub.statuses("VR1") == ["confirmed"])
    assert [bill["total_fen"] for bill in hub.bills("VR1")] == [10000]
    id_, code = hub.last_parked()
    assert code == "BH-LED-001"
    assert hub.kept(id_) == body.replace(b"100.00", b"900.00")


async def test_after_all_that_a_good_message_makes_a_bill(hub: Hub) -> None:
    async with HospitalHl7(*hub.mllp(), seed=77) as his:
        charge, ack = await his.send_charge(cash=True)
    assert ack.code == "AA"
    hub.wait(lambda: hub.statuses(charge.charge_no) == ["confirmed"])
    assert hub.books()["balanced"]


def _faults(hub: Hub) -> list[dict[str, str]]:
    return [entry["fault"]["zh"] for entry in hub.parked()]
