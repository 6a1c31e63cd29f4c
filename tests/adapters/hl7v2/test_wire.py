"""The tree: any delimiters, all escapes, empty and `""` apart, every way to end a line."""

from __future__ import annotations

from typing import Any

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.his.hl7v2.delimiters import STANDARD
from adapters.his.hl7v2.escapes import escape, unescaper
from tests.adapters.hl7v2.say import dft, fault_code, field, good, msh


def nte(text: str, head: str | None = None) -> Any:
    return field(good(f"{head or msh()}\rNTE|1||{text}|after\r"), "NTE", 3)


def test_msh_counts_its_separator_as_field_1() -> None:
    message = good(dft("M9"))
    assert message.tree["segments"][0][:4] == ["MSH", "|", "^~\\&", "HIS"]
    assert field(message, "MSH", 9) == [["DFT", "P03"]]
    assert field(message, "MSH", 10) == "M9"
    assert message.kind == "DFT^P03"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ('""', '""'),
        ("a", "a"),
        ("a^b", [["a", "b"]]),
        ("^b", [["", "b"]]),
        ("a^", [["a", ""]]),
        ("a~b", ["a", "b"]),
        ("a~", ["a", ""]),
        ("a&b", [[["a", "b"]]]),
        ("a^b&c~d", [["a", ["b", "c"]], "d"]),
        ("a^^&", [["a", "", ["", ""]]]),
        ("~~", ["", "", ""]),
        ('a^""', [["a", '""']]),
        (r"a\S\b^c", [["a^b", "c"]]),
        (r"a\T\b&c", [[["a&b", "c"]]]),
        (r"a\R\b~c", ["a~b", "c"]),
    ],
)
def test_levels(text: str, value: object) -> None:
    assert nte(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\F\\S\\T\\R\\E\ ", "|^&~\\ "),
        (r"a\E\T\E\b", "a\\T\\b"),
        (r"\H\bold\N\ ", "bold "),
        (r"1\.br\2", "1\n2"),
        (r"1\.BR\2", "1\n2"),
        (r"1\.sp\2", "1\n2"),
        (r"1\.sp2\2", "1\n\n2"),
        (r"1\.sp+2\2", "1\n\n2"),
        (r"1\.sk3\2", "1   2"),
        (r"1\.in+4\2\.ti-2\3\.fi\4\.nf\5", "12345"),
        (r"1\.ce\2", "1\n2"),
        (r"\X41\ ", "A "),
        (r"\X0D0A\ ", "\r\n "),
        (r"\XE5BCA0\ ", "张 "),
        (r"\X4\ ", r"\X4\ "),
        (r"\XFF\ ", r"\XFF\ "),
        (r"\XEFBFBD\ ", r"\XEFBFBD\ "),
        (r"\C2842\ ", r"\C2842\ "),
        (r"\M2442\ ", r"\M2442\ "),
        (r"\M244242\ ", r"\M244242\ "),
        (r"\Zlocal\ ", r"\Zlocal\ "),
        (r"\Zx\T\ ", r"\Zx\T\ "),
        (r"\P\ ", "# "),
        (r"\Q\ ", r"\Q\ "),
        (r"C:\dir\T\x", r"C:\dir&x"),
        ("ends \\", "ends \\"),
        ("half \\T", "half \\T"),
        (r"\\ ", r"\\ "),
        (r"\\T\ ", r"\& "),
        (r"\f\ ", r"\f\ "),
        (r"5\E\10", r"5\10"),
    ],
)
def test_escapes(text: str, value: str) -> None:
    head = msh(charset="UNICODE UTF-8")
    assert nte(text, head) == value


@pytest.mark.parametrize(
    ("head", "text", "value"),
    [
        ("MSH$%*!@$H$F$$$1$$DFT%P03$M$P$2.4", "NTE$1$$a%b@c*d!T!e", [["a", ["b", "c"]], "d@e"]),
        ("MSH|^~\\|H|F|||1||DFT^P03|M|P|2.4", "NTE|1||a&b^c\\T\\d", [["a&b", "c&d"]]),
        ("MSH|^~|H|F|||1||DFT^P03|M|P|2.4", "NTE|1||a\\F\\b~c", ["a\\F\\b", "c"]),
        ("MSH|^|H|F|||1||DFT^P03|M|P|2.4", "NTE|1||a~b^c&d", [["a~b", "c&d"]]),
        ("MSH|^~\\&#|H|F|||1||DFT^P03|M|P|2.7", "NTE|1||a\\P\\b#", "a#b#"),
        ("MSH|^~\\&%|H|F|||1||DFT^P03|M|P|2.7", "NTE|1||a\\P\\b", "a%b"),
        ("MSH|^~\\\\&|H|F|||1||DFT^P03|M|P|2.4", "NTE|1||a\\T\\b&c", [[["a&b", "c"]]]),
        ("MSH;:+/*;H;F;;;1;;DFT:P03;M;P;2.4", "NTE;1;;a:b*c+d/S/e|^~", [["a", ["b", "c"]], "d:e|^~"]),
        ("MSH¦^~\\&¦H¦F¦¦¦1¦¦DFT^P03¦M¦P¦2.4", "NTE¦1¦¦a|b", "a|b"),
    ],
)
def test_any_delimiters(head: str, text: str, value: object) -> None:
    assert field(good(f"{head}\r{text}\r"), "NTE", 3) == value


@pytest.mark.parametrize(
    "head",
    [
        "MSH||H|F|||1||DFT^P03|M|P|2.4",
        "MSH|^^\\&|H|F|||1||DFT^P03|M|P|2.4",
        "MSH|^|~|F|||1||DFT^P03|M|P|2.4".replace("^|", "|^|", 1),
        "MSH|ab\\&|H|F|||1||DFT^P03|M|P|2.4",
        "MSH|^ \\&|H|F|||1||DFT^P03|M|P|2.4",
        "MSH ^~\\& H F",
        "MSH",
        "MSH|",
    ],
)
def test_unusable_delimiters(head: str) -> None:
    assert fault_code(f"{head}\rPID|1\r") == "BH-HL7-002"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\r\n\r\n", "\n\n"])
def test_line_ends(end: str) -> None:
    message = good(dft(end=end, lines=3))
    assert [row[0] for row in message.tree["segments"]] == ["MSH", "EVN", "PID", "PV1", "FT1", "FT1", "FT1"]


def test_a_line_feed_inside_a_field_of_a_message_ended_by_cr() -> None:
    assert field(good(f"{msh()}\rNTE|1||first\nsecond\rZZZ|1\r"), "NTE", 3) == "first\nsecond"


@pytest.mark.parametrize("last", ["", "\r", "\r\n", "\x1c\r", "\r\x1c\r", "\n\n"])
def test_the_end_may_be_missing_or_framed(last: str) -> None:
    body = dft(lines=2).rstrip("\r") + last
    assert len(good(body).tree["segments"]) == 6
    assert good("\x0b" + body).identity == good(body).identity


@pytest.mark.parametrize("line", ["garbage", "PID^1^2", "1", "PI|1", "张三|1|2", "PIDX|1"])
def test_a_line_that_is_no_segment(line: str) -> None:
    assert fault_code(f"{msh()}\r{line}\r") == "BH-HL7-020"


def test_small_letters_and_indents_are_read() -> None:
    message = good(f"{msh()}\r  pid|1||x\rPV1\r")
    assert message.tree["segments"][1:] == [["PID", "1", "", "x"], ["PV1"]]


def test_z_segments_are_kept() -> None:
    assert field(good(f"{msh()}\rZXX|1|a^b\rZ9Z|2\r"), "ZXX", 2) == [["a", "b"]]


def test_five_hundred_lines() -> None:
    assert sum(row[0] == "FT1" for row in good(dft(lines=500)).tree["segments"]) == 500


def test_absurdly_many_parts_are_refused() -> None:
    assert fault_code(f"{msh()}\rNTE|{'^' * 500_000}\r") == "BH-HL7-021"


def test_the_same_as_python_hl7() -> None:
    text = dft(lines=4).replace("JCF^检查费", "JCF^检查费&x~Y^")
    theirs, ours = hl7.parse(text), good(text).tree["segments"]
    assert len(theirs) == len(ours)
    for their_row, our_row in zip(theirs, ours, strict=True):
        for number in range(1, len(our_row)):
            if our_row[0] == "MSH" and number < 3:
                continue
            assert _plain(their_row(number)) == _full(our_row[number]), (our_row[0], number)


def _full(value: Any) -> list[list[list[str]]]:
    repetitions = value if isinstance(value, list) else [value]
    made = []
    for repetition in repetitions:
        components = repetition if isinstance(repetition, list) else [repetition]
        made.append([part if isinstance(part, list) else [part] for part in components])
    return made


def _plain(value: Any) -> list[list[list[str]]]:
    repetitions = list(value) if isinstance(value, hl7.Field) else [value]
    made = []
    for repetition in repetitions:
        components = list(repetition) if isinstance(repetition, hl7.Repetition) else [repetition]
        made.append([[str(s) for s in part] if isinstance(part, hl7.Component) else [str(part)] for part in components])
    return made


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(TEXTS)
def test_escaping_and_taking_back_gives_the_same(text: str) -> None:
    text = " ".join(text.split())
    assert unescaper(STANDARD, "UTF-8")(escape(text, STANDARD)) == text


@given(st.lists(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_is_written_is_read(parts: list[list[list[str]]]) -> None:
    clean = [[[" ".join(s.split()).replace("\ufffd", "") for s in c] for c in r] for r in parts]
    text = "~".join("^".join("&".join(escape(s, STANDARD) for s in c) for c in r) for r in clean)
    assert _full(nte(text, msh(charset="UTF-8"))) == clean
