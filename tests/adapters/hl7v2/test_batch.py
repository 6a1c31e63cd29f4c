"""Batches and blocks of several messages: each stands for itself, the envelope is checked."""

from __future__ import annotations

import pytest

from adapters.his.hl7v2.adapter import connect
from hub.adapter import Outcome
from hub.errors import Reject
from tests.adapters.hl7v2.say import answer, delivery, dft, read

FHS = "FHS|^~\\&|HIS|HOSP\r"
BHS = "BHS|^~\\&|HIS|HOSP|||||||B77\r"


def faults(body: str | bytes) -> list[str | None]:
    return [message.fault.code.code if message.fault else None for message in read(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (FHS + BHS + dft("A") + dft("B") + "BTS|2\rFTS|1\r", [None, None]),
        (BHS + dft("A") + "BTS|1\r", [None]),
        (BHS + dft("A") + "BTS\r", [None]),
        (BHS + "BTS|0\r", []),
        (FHS + BHS + dft("A") + "BTS|1\r" + BHS + dft("B") + "BTS|1\rFTS|2\r", [None, None]),
        (FHS + dft("A") + dft("B") + "FTS|2\r", [None, None]),
        (BHS + dft("A") + dft("B") + "BTS|3\r", [None, None, "BH-HL7-030"]),
        (BHS + dft("A") + "BTS|x\r", [None, "BH-HL7-030"]),
        (FHS + BHS + dft("A") + "BTS|1\rFTS|2\r", [None, "BH-HL7-030"]),
        (BHS + dft("A") + dft("B"), [None, "BH-HL7-031", "BH-HL7-031"]),
        (FHS + BHS + dft("A") + "BTS|1\r", [None, "BH-HL7-031"]),
        (FHS + dft("A"), ["BH-HL7-031", "BH-HL7-031"]),
        (dft("A") + "BTS|1\r", [None, "BH-HL7-032"]),
        (BHS + dft("A") + "BTS|1\r" + dft("B"), [None, None, "BH-HL7-032"]),
        (BHS + dft("A") + "BTS|1\rPID|1||x\r", [None, "BH-HL7-032"]),
        (dft("A") + dft("B") + dft("C"), [None, None, None]),
        (dft("A") + "\x1c\r\x0b" + dft("B"), [None, None]),
        (dft("A") + "\r\n\r\n" + dft("B", end="\n"), [None, None]),
        (dft("A") + dft("B").replace("FT1|", "FT1x") + dft("C"), [None, "BH-HL7-020", None]),
    ],
)
def test_envelopes(body: str, expected: list[str | None]) -> None:
    assert faults(body) == expected


def test_each_message_has_its_own_character_set() -> None:
    body = dft("A", charset="GBK").encode("gbk") + dft("B", charset="UTF-8").encode() + dft("C").encode("utf-8")
    messages = read(body)
    assert [message.charset for message in messages] == ["GB18030", "UTF-8", "UTF-8"]
    assert [message.identity for message in messages] == ["HIS|HOSP|A", "HIS|HOSP|B", "HIS|HOSP|C"]
    assert b"".join(message.body + b"\r" for message in messages) == body


def test_a_batch_in_utf_16() -> None:
    body = (BHS + dft("A") + dft("B") + "BTS|2\r").encode("utf-16")
    assert faults(body) == [None, None]
    assert [message.charset for message in read(body)] == ["UTF-16LE", "UTF-16LE"]


@pytest.mark.parametrize(
    "body", ["", "\r\n", "garbage", "PID|1||张三\r" + dft(), "x" + dft(), " \x0b\x1c\r", "msh|^~\\&|"]
)
def test_what_does_not_begin_with_a_message_is_refused_whole(body: str) -> None:
    with pytest.raises(Reject) as refused:
        read(body)
    assert refused.value.code.code == "BH-HL7-001"


@pytest.mark.parametrize("before", ["\r\n", " ", "\x0b", "\x0b\r\n\t"])
def test_blanks_before_the_message_are_no_matter(before: str) -> None:
    assert faults(before + dft()) == [None]


def test_a_batch_is_answered_by_a_batch() -> None:
    said = answer(FHS + BHS + dft("A") + dft("B") + "BTS|5\rFTS|1\r").body.decode()
    lines = said.split("\r")
    assert [line[:3] for line in lines] == ["FHS", "BHS", "MSH", "MSA", "MSH", "MSA", "MSH", "MSA", "BTS", "FTS", ""]
    assert [line.split("|")[1:3] for line in lines if line[:3] == "MSA"] == [["AA", "A"], ["AA", "B"], ["AE", "B77"]]
    assert lines[1].split("|")[11] == "B77"
    assert "BTS|3" in lines


def test_an_empty_batch_is_answered() -> None:
    source, sent = connect({}), delivery((BHS + "BTS|0\r").encode())
    assert b"BTS|0" in source.answer(sent, []).body


def test_messages_side_by_side_are_answered_side_by_side() -> None:
    body = dft("A") + dft("B")
    assert answer(body, door="mllp").body.count(b"\x1c\r\x0b") == 1
    over_http = answer(body, door="http").body
    assert over_http.count(b"MSH|") == 2
    assert b"\x0b" not in over_http


def test_a_parked_neighbour_does_not_matter() -> None:
    source, sent = connect({}), delivery((dft("A") + dft("B")).encode())
    first, second = source.read(sent)
    said = source.answer(sent, [(first, Outcome("refused")), (second, Outcome("applied"))]).body
    assert b"MSA|AE|A\r" in said
    assert b"MSA|AA|B\r" in said


def test_the_answer_names_the_file_and_the_batch() -> None:
    file, first, second = (
        f"{name}|^~\\&|HIS|HOSP|||||||{own}\r" for name, own in (("FHS", "F1"), ("BHS", "B1"), ("BHS", "B2"))
    )
    said = answer(file + first + dft("A") + "BTS|1\r" + second + dft("B") + "BTS|1\rFTS|2\r").body.decode()
    named = {line[:3]: line.split("|")[11] for line in said.split("\r") if line[:3] in ("FHS", "BHS")}
    assert named == {"FHS": "F1", "BHS": "B2"}


def test_junk_behind_a_batch_header_is_told_with_its_id() -> None:
    _, refused = answer(BHS + "junk\r" + dft("A") + "BTS|1\r").body.decode().split("MSA|")[1:]
    assert refused.startswith("AE|B77|BH-HL7-032")
