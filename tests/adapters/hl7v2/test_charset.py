"""Decoding: what is declared is binding, what is not declared is found out, and nothing ever becomes mojibake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.hl7v2.say import answer, dft, fault_code, field, good, msh, one, read

TRAIL_BYTES = "乗亊倈亅亇亖亗亙亝亪亯亰佀佇佈佉"


def name_of(message: object) -> object:
    return field(message, "PID", 5)  # type: ignore[arg-type]


def test_delimiters_hide_in_gbk_trail_bytes() -> None:
    trails = {char.encode("gb18030")[1:2] for char in "乗亊倈"}
    assert trails & {b"\\", b"|", b"^", b"~"}


@pytest.mark.parametrize("name", [*TRAIL_BYTES, TRAIL_BYTES, "张乗亊倈三"])
@pytest.mark.parametrize("charset", ["", "GBK", "GB 18030-2000"])
def test_a_name_whose_gbk_bytes_hold_delimiters(name: str, charset: str) -> None:
    message = good(dft(name=name, charset=charset).encode("gb18030"))
    assert name_of(message) == name
    assert message.charset == "GB18030"
    assert field(message, "PID", 13) == "13900000001"


def test_every_han_character_of_gbk_survives() -> None:
    for lead in range(0x81, 0xFF):
        row = [bytes((lead, trail)).decode("gbk", "ignore") for trail in range(0x40, 0xFF) if trail != 0x7F]
        name = "".join(char for char in row if "\u4e00" <= char <= "\u9fff")
        if name:
            assert name_of(good(dft(name=name, charset="GBK").encode("gb18030"))) == name


@pytest.mark.parametrize(
    ("said", "codec", "ours"),
    [
        ("UNICODE UTF-8", "utf-8", "UTF-8"),
        ("UTF-8", "utf-8", "UTF-8"),
        ("utf8", "utf-8", "UTF-8"),
        ("UNICODE", "utf-8", "UTF-8"),
        ("GB 18030-2000", "gb18030", "GB18030"),
        ("GB18030", "gb18030", "GB18030"),
        ("GBK", "gb18030", "GB18030"),
        ("gb2312", "gb18030", "GB18030"),
        ("CP936", "gb18030", "GB18030"),
        ("ASCII~GB 18030-2000", "gb18030", "GB18030"),
        ("ASCII~UNICODE UTF-8", "utf-8", "UTF-8"),
        ("~GBK", "gb18030", "GB18030"),
    ],
)
def test_what_msh_18_may_say(said: str, codec: str, ours: str) -> None:
    message = good(dft(charset=said).encode(codec))
    assert (name_of(message), message.charset) == ("张测试", ours)


def test_traditional_characters_in_big5() -> None:
    text = dft(charset="BIG-5", name="張測試").replace("机密地址示例路9号", "臺北").replace("检查费", "檢查費")
    assert name_of(good(text.encode("big5"))) == "張測試"


def test_latin_1() -> None:
    text = dft(charset="8859/1", name="Müller").replace("机密地址示例路9号", "x").replace("检查费", "x")
    assert name_of(good(text.encode("latin-1"))) == "Müller"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_bom_decides(codec: str) -> None:
    assert name_of(good(dft(charset="GBK").encode(codec))) == "张测试"


@pytest.mark.parametrize(("codec", "ours"), [("utf-16-le", "UTF-16LE"), ("utf-16-be", "UTF-16BE")])
def test_utf_16_without_bom(codec: str, ours: str) -> None:
    message = good(dft().encode(codec))
    assert (name_of(message), message.charset) == ("张测试", ours)


def test_undeclared_utf_8_comes_before_the_default() -> None:
    assert good(dft()).charset == "UTF-8"


def test_an_unknown_declaration_with_valid_utf_8_is_remarked() -> None:
    message = good(dft(charset="CHN"))
    assert message.charset == "UTF-8"
    assert message.warnings


def test_a_site_alias() -> None:
    assert name_of(good(dft(charset="CHN").encode("gbk"), aliases=["CHN=GB18030"])) == "张测试"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (dft(charset="UTF-8").encode("gbk"), "BH-HL7-003"),
        (dft(charset="GBK").encode(), "BH-HL7-004"),
        (dft(charset="GB 18030-2000").encode(), "BH-HL7-004"),
        (dft(charset="8859/1").encode(), "BH-HL7-004"),
        (dft(charset="ASCII").encode(), "BH-HL7-004"),
        (dft(charset="ASCII").encode("gbk"), "BH-HL7-003"),
        (dft(charset="CHN").encode("gbk"), "BH-HL7-005"),
        (dft(charset="UNICODE UTF-16").encode(), "BH-HL7-004"),
        (dft(name="张\ufffd").encode(), "BH-HL7-003"),
        (dft(name="张\0").encode(), "BH-HL7-003"),
        (dft().encode("gbk") + b"NTE|1||\xff\xff\r", "BH-HL7-003"),
        (b"\xef\xbb\xbf" + dft().encode("gbk"), "BH-HL7-003"),
    ],
)
def test_what_does_not_decode_is_refused(body: bytes, code: str) -> None:
    assert fault_code(body) == code


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("name", ["张伟", "欧阳试验", "王示范"])
@pytest.mark.parametrize("charset", ["", "GBK", "UTF-8"])
def test_damaged_utf_8_is_not_taken_for_gbk(name: str, cut: int, charset: str) -> None:
    text = f"{msh(charset=charset)}\rPID|1||||@||19000101|M\rPV1|1\r"
    for after in (b"", b"^^L", b" "):
        body = text.encode().replace(b"@", name.encode()[:-cut] + after)
        assert fault_code(body) in {"BH-HL7-003", "BH-HL7-004"}


@pytest.mark.parametrize("name", ["洪阿", "海浩", "张测试", "李样例", "龙", "镕", "喆"])
def test_short_gbk_names_are_not_taken_for_damaged_utf_8(name: str) -> None:
    body = f"{msh(charset='GBK')}\rPID|1||||{name}||19000101|M\rPV1|1\r".encode("gbk")
    assert name_of(good(body)) == name


def test_a_refused_text_still_has_its_control_id() -> None:
    message = one(dft("M77", charset="UTF-8").encode("gbk"))
    assert message.identity == "HIS|HOSP|M77"


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=8))
def test_any_chinese_name_declared_as_gb18030_comes_back_or_is_refused(name: str) -> None:
    message = one(dft(name=name, charset="GB 18030-2000").encode("gb18030"))
    assert message.fault is not None or name_of(message) == name


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=8))
def test_any_chinese_name_in_utf_8_comes_back(name: str) -> None:
    assert name_of(good(dft(name=name))) == name


def test_an_answer_is_in_what_the_sender_says_it_reads() -> None:
    wrong = answer(dft("M1", charset="UTF-8", version="2.5").encode("gbk")).body
    assert "不能按字符集" in wrong.decode("utf-8")
    assert wrong.split(b"\r")[0].endswith(b"|UTF-8")


def test_an_answer_in_chinese_says_so_and_an_unknown_name_is_not_given_back() -> None:
    silent = answer(dft("M1", kind="ORU^R01").encode("gb18030")).body
    assert "不接收".encode("gb18030") in silent
    assert silent.split(b"\r")[0].endswith(b"|GB 18030-2000")
    unknown = answer(dft("M1", charset="KLINGON").encode("gb18030")).body
    assert unknown.split(b"\r")[0].endswith(b"|GB 18030-2000")
    assert b"MSA|AA|M1\r" in answer(dft("M1", charset="KLINGON").encode()).body


def test_what_joined_files_leave_behind_vanishes() -> None:
    two = read("\ufeff" + dft("A", name="\ufeff张\ufeff三").replace("\rPID", "\r\ufeffPID") + "\ufeff" + dft("B"))
    assert [message.fault for message in two] == [None, None]
    assert field(two[0], "PID", 5) == "张三"
