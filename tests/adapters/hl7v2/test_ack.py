"""Acknowledgements: the right code, the right MSA-2, both modes, and never a word about the patient."""

from __future__ import annotations

from pathlib import Path

import hl7
import pytest

import adapters.his.hl7v2
from adapters.his.hl7v2.adapter import connect
from adapters.his.hl7v2.reply import NEXT_FRAME
from hub.adapter import Manifest, Outcome
from hub.errors import Config, Fault, Park, Reject, Retry, define, fault_from
from hub.yaml_text import read_yaml
from tests.adapters.hl7v2.say import AT, NAME, SECRET, answer, delivery, dft, fault_code, good, msh, one

MONEY = define("BH-TST-801", Park, zh="金额不符", en="the money differs", do_zh="查", do_en="look")
CHANGED = define("BH-TST-802", Reject, zh="同号不同文", en="same id, other body", do_zh="换号", do_en="use a new id")
BUSY = define("BH-TST-803", Retry, zh="忙", en="busy", do_zh="等", do_en="wait")
NO_TABLE = define("BH-MAP-899", Park, zh="没有代码", en="no such code", do_zh="加", do_en="add it")
SETUP = define("BH-TST-804", Config, zh="没有映射", en="no mapping", do_zh="写", do_en="write one")


def msa(body: bytes) -> list[list[str]]:
    rows = []
    for frame in body.split(NEXT_FRAME):
        text = frame.decode("utf-8", "replace")
        rows += [line.split(text[3])[1:] for line in text.split("\r") if line.startswith("MSA")]
    return rows


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome("applied"), "AA"),
        (Outcome("duplicate"), "AA"),
        (Outcome("parked", MONEY()), "AA"),
        (Outcome("parked"), "AA"),
        (Outcome("parked", NO_TABLE()), "AE"),
        (Outcome("refused", CHANGED()), "AE"),
        (Outcome("parked", CHANGED()), "AE"),
        (Outcome("refused", MONEY()), "AE"),
        (Outcome("refused", SETUP()), "AR"),
        (Outcome("refused"), "AE"),
        (Outcome("duplicate", NO_TABLE()), "AE"),
        (Outcome("duplicate", MONEY()), "AA"),
        (Outcome("parked", fault_from("BH-LED-001")), "AE"),
        (Outcome("duplicate", fault_from("BH-LED-001")), "AE"),
        (Outcome("refused", fault_from("BH-MAP-020")), "AR"),
    ],
)
def test_codes(outcome: Outcome, code: str) -> None:
    assert msa(answer(dft("M5"), outcome).body)[0][:2] == [code, "M5"]


@pytest.mark.parametrize(
    ("body", "code", "fault"),
    [
        (dft(kind="ORM^O01"), "AR", "BH-HL7-011"),
        (dft(kind="DFT^P04"), "AR", "BH-HL7-011"),
        (dft(kind=""), "AR", "BH-HL7-011"),
        (dft(version="3.0"), "AR", "BH-HL7-012"),
        (dft(version="2.10"), "AR", "BH-HL7-012"),
        (dft(version="2.0"), "AR", "BH-HL7-012"),
        (dft(processing="X"), "AR", "BH-HL7-013"),
        (dft(""), "AR", "BH-HL7-010"),
        (dft("M" * 200), "AR", "BH-HL7-010"),
        (f"{msh()}\rgarbage\r", "AE", "BH-HL7-020"),
    ],
)
def test_refused_messages(body: str, code: str, fault: str) -> None:
    assert fault_code(body) == fault
    said = answer(body).body
    assert msa(said)[0][0] == code
    assert fault in said.decode()


@pytest.mark.parametrize(
    "version", ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.2", "2.9", ""]
)
@pytest.mark.parametrize("processing", ["P", "T", "D", "P^T", ""])
def test_versions_and_processing_ids_taken(version: str, processing: str) -> None:
    good(dft(version=version, processing=processing))


@pytest.mark.parametrize("kind", ["DFT^P03", "DFT^P11^DFT_P11", "ADT^A08", "ADT^A01^ADT_A01", "BAR^P01", "ADT"])
def test_types_taken(kind: str) -> None:
    good(dft(kind=kind))


def test_types_are_the_sources() -> None:
    assert one(dft(kind="ADT^A08"), types=["DFT^*"]).fault is not None
    good(dft(kind="ORM^O01"), types=["ORM^*"])


def test_header_of_the_answer() -> None:
    ack = hl7.parse(answer(dft("M5", kind="DFT^P03^DFT_P03", version="2.5", processing="T")).body.decode())
    head = ack.segment("MSH")
    assert [str(head(number)) for number in (3, 4, 5, 6)] == ["BILLHUB", "HUB", "HIS", "HOSP"]
    assert str(head(7)) == "20261125094000+0800"
    assert str(head(9)) == "ACK^P03^ACK"
    assert 0 < len(str(head(10))) <= 20
    assert (str(head(11)), str(head(12))) == ("T", "2.5")


def test_the_answer_is_the_same_every_time() -> None:
    assert answer(dft()).body == answer(dft()).body
    assert answer(dft("A")).body.split(b"|")[9] != answer(dft("B")).body.split(b"|")[9]


@pytest.mark.parametrize("control_id", ["A^B", r"A\T\B", "编号7", "a b", "A~B", " M7 "])
def test_msa_2_is_msh_10_as_sent(control_id: str) -> None:
    assert msa(answer(dft(control_id)).body)[0] == ["AA", control_id]


def test_the_senders_delimiters() -> None:
    said = answer("MSH$%*!@$H$F$B$U$1$$DFT%P03$M%1$P$2.5\rPID$1\r", Outcome("refused", CHANGED())).body.decode()
    assert said.startswith("MSH$%*!@$B$U$H$F$")
    assert "MSA$AE$M%1$BH-TST-802" in said
    assert "ERR$$$207%Application internal error%HL70357$E$BH-TST-802%" in said


@pytest.mark.parametrize(("charset", "codec"), [("GBK", "gb18030"), ("UNICODE UTF-8", "utf-8")])
def test_the_senders_character_set(charset: str, codec: str) -> None:
    said = answer(dft(charset=charset).encode(codec), Outcome("refused", CHANGED())).body
    assert "同号不同文" in said.decode(codec)
    assert said.split(b"\r")[0].endswith(f"||{charset}".encode())


def test_ascii_senders_are_told_in_english() -> None:
    said = answer(f"{msh(charset='ASCII')}\rPID|1\r", Outcome("refused", CHANGED())).body
    assert b"same id, other body" in said
    assert said.isascii()


def test_utf_16_is_answered_in_utf_16() -> None:
    assert "MSA|AA|M1" in answer(dft().encode("utf-16")).body.decode("utf-16")


ENHANCED = [
    ("AL", "AL", "applied", None, ["CA", "AA"]),
    ("AL", "NE", "applied", None, ["CA"]),
    ("AL", "", "applied", None, ["CA"]),
    ("NE", "AL", "applied", None, ["AA"]),
    ("", "AL", "applied", None, ["AA"]),
    ("NE", "NE", "applied", None, []),
    ("SU", "SU", "applied", None, ["CA", "AA"]),
    ("ER", "ER", "applied", None, []),
    ("AL", "AL", "parked", NO_TABLE(), ["CA", "AE"]),
    ("ER", "ER", "parked", NO_TABLE(), ["AE"]),
    ("SU", "SU", "parked", NO_TABLE(), ["CA"]),
    ("AL", "AL", "parked", MONEY(), ["CA", "AA"]),
]


@pytest.mark.parametrize(("accept", "application", "place", "fault", "codes"), ENHANCED)
def test_enhanced_mode(accept: str, application: str, place: str, fault: Fault | None, codes: list[str]) -> None:
    said = answer(dft(accept=accept, application=application), Outcome(place, fault)).body  # type: ignore[arg-type]
    assert [row[0] for row in msa(said)] == codes
    assert said.count(NEXT_FRAME) == max(len(codes) - 1, 0)


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (dft(kind="ORM^O01", accept="AL", application="AL"), ["CR"]),
        (dft(kind="ORM^O01", accept="ER", application="AL"), ["CR"]),
        (dft(kind="ORM^O01", accept="SU", application="AL"), ["AR"]),
        (dft(kind="ORM^O01", accept="NE", application="AL"), ["AR"]),
        (dft(kind="ORM^O01", accept="NE", application="ER"), ["AR"]),
        (dft(kind="ORM^O01", accept="NE", application="SU"), []),
        (dft(kind="ORM^O01", accept="NE", application="NE"), []),
        (f"{msh(accept='AL', application='AL')}\rgarbage\r", ["CE"]),
    ],
)
def test_an_enhanced_mode_refusal_is_told_once(body: str, codes: list[str]) -> None:
    assert [row[0] for row in msa(answer(body).body)] == codes


GARBAGE = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"garbage",
    b"<html>",
    f"PID|1||P1||{NAME}|||M|||{SECRET}\r".encode(),
    f"{NAME}{SECRET}".encode("gbk"),
    f"PID|1||{NAME}\r{dft()}".encode(),
    f"MS|^~\\&|{NAME}\r".encode(),
]


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_is_answered_without_a_word_of_it(body: bytes) -> None:
    source, sent = connect({}), delivery(body)
    with pytest.raises(Reject) as refused:
        source.read(sent)
    said = source.answer(sent, [], refused.value)
    assert said.status == 400
    text = said.body.decode("gb18030")
    assert text.startswith("MSH|^~\\&|")
    assert "MSA|A" in text
    assert NAME not in text
    assert SECRET not in text
    assert "19000101" not in text


@pytest.mark.parametrize(
    "body",
    [
        dft("M8", charset="UTF-8").encode("gbk"),
        dft("M8", charset="GBK").encode(),
        dft("M8", kind="ORM^O01").encode(),
        dft("M8").replace("|", "^", 30).encode(),
        dft("M8").replace("MSH|^~\\&|", "MSH|^^^^|").encode(),
        dft("M8").replace("\r", "", 1).encode(),
        dft("M8").encode().replace("张".encode(), b"\xe5\xbc"),
    ],
)
def test_no_answer_tells_of_the_patient(body: bytes) -> None:
    said = answer(body).body
    for codec in ("utf-8", "gb18030"):
        text = said.decode(codec, "replace")
        assert "MSA|A" in text or "MSA^A" in text
        assert not any(word in text for word in (NAME, SECRET, "13900000001", "19000101", "AC1"))


def test_msa_2_survives_a_text_that_does_not_decode() -> None:
    assert msa(answer(dft("M8", charset="UTF-8").encode("gbk")).body)[0][:2] == ["AE", "M8"]


def test_busy_is_told_as_such() -> None:
    source, sent = connect({}), delivery(dft().encode(), "http")
    said = source.answer(sent, [(message, Outcome("refused")) for message in source.read(sent)], BUSY())
    assert said.status == 503
    assert msa(said.body)[0][:2] == ["AR", "M1"]


def test_http_type_names_the_character_set() -> None:
    assert answer(dft(charset="GBK").encode("gbk"), door="http").content_type == "application/hl7-v2; charset=GB18030"


def test_identity_is_sender_facility_and_control_id() -> None:
    first, changed = good(dft("M5")), good(dft("M5", name="李样例"))
    assert first.identity == changed.identity == "HIS|HOSP|M5"
    assert first.fingerprint != changed.fingerprint
    assert first.fingerprint == good(dft("M5") + "\r\n").fingerprint
    assert one(dft("")).identity != one(dft("", name="李样例")).identity


def test_settings_are_checked() -> None:
    for settings in (
        {"charset": "klingon"},
        {"language": "fr"},
        {"types": ["DFT"]},
        {"aliases": ["A=B"]},
        {"types": 7},
    ):
        with pytest.raises(Config):
            connect(settings)


def test_the_time_is_the_time_of_receipt() -> None:
    assert AT.utcoffset() is not None
    assert b"|20261125094000+0800|" in answer(dft()).body


def test_what_stands_behind_junk_is_not_echoed() -> None:
    source, sent = connect({}), delivery(b"junk\r" + dft("M8").encode())
    with pytest.raises(Reject) as refused:
        source.read(sent)
    assert msa(source.answer(sent, [], refused.value).body)[0][:2] == ["AR", ""]


def test_the_manifest_names_every_setting() -> None:
    path = Path(adapters.his.hl7v2.__file__).parent / "manifest.yaml"
    manifest = Manifest.model_validate(read_yaml(path).data)
    assert manifest.adapter == "his/hl7v2"
    assert manifest.trusts == ("02",)
    defaults = {spec.name: spec.default for spec in manifest.settings if spec.default is not None}
    connect(defaults)
    assert {spec.name for spec in manifest.settings} == {"charset", "aliases", "types", "processing", "language"}
