"""HAPI, Java's HL7 v2, is the judge: it sends to a real door and reads the answers, and both read the same messages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.adapters.hl7v2.say import good
from tests.badinput.hub import Hub
from tests.badinput.say import dft
from tests.judges.hl7 import Judge, Refused

ACK: Final = tuple(f"/.{path}" for path in ("MSH-9-1", "MSH-9-2", "MSH-9-3", "MSH-12", "MSH-18", "MSA-1", "MSA-2"))
ERR: Final = tuple(f"/.{path}" for path in ("ERR-3-1", "ERR-3-3", "ERR-4", "ERR-5-1", "ERR-5-3"))


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as one:
        yield one


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    running = Hub(tmp_path_factory.mktemp("hub"), numbers=1000)
    try:
        yield running.start()
    finally:
        running.close()


def _sent(control: str, accept: str = "", application: str = "", **more: Any) -> str:
    message = dft(control, visit=more.pop("visit", control), **more)
    head, _, rest = message.partition("\r")
    fields = head.split("|")
    fields[14:16] = accept, application
    return "|".join(fields) + "\r" + rest


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_hapi_takes_our_acknowledgement_of_every_version(hub: Hub, judge: Judge, version: str) -> None:
    sent = _sent(f"V{version}", version=version, more="ZZZ|1|a^b&c\\T\\d~二\r", paid="100.00")
    found = judge.send(hub.mllp()[1], sent, *ACK)
    structure = "ACK" if version >= "2.3.1" else ""
    assert found == ["ACK", "P03", structure, version, "UNICODE UTF-8", "AA", f"V{version}"]
    hub.wait(lambda: hub.statuses(f"V{version}") == ["confirmed"])


@pytest.mark.parametrize("charset", ["UNICODE UTF-8", "GB 18030-2000", "8859/1", "ASCII", ""])
def test_hapi_reads_our_words_in_its_own_character_set(hub: Hub, judge: Judge, charset: str) -> None:
    control = f"C{charset}".replace("/", "").replace(" ", "")
    chinese = charset in ("UNICODE UTF-8", "GB 18030-2000")
    sent = _sent(control, version="2.5", charset=charset, visit="", paid="1.00")
    if not chinese:
        sent = sent.encode("ascii", "ignore").decode()
    *_, said, code, answered, text = judge.send(hub.mllp()[1], sent, *ACK, "/.MSA-3")
    assert (said, code, answered) == (charset, "AE", control)
    assert text == "BH-MAP-001 " + (
        "消息里没有收费编号(charge_no)" if chinese else "the message has no charge number (charge_no)"
    )


REFUSED: Final = [
    # (what is wrong, MSA-1, ERR-3, our code)
    ({"kind": "ORU^R01"}, "AR", "200", "BH-HL7-011"),
    ({"kind": "XXX^Y99"}, "AR", "200", "BH-HL7-011"),
    ({"kind": "ADT^A40"}, "AR", "200", "BH-MAP-020"),
    ({"visit": ""}, "AE", "101", "BH-MAP-001"),
    ({"amounts": ("-5.00", "x")}, "AE", "102", "BH-MAP-006"),
    ({"channel": "SHELLS", "paid": "1.00"}, "AE", "103", "BH-MAP-003"),
    ({"more": "PID|2||P2||另一人\r"}, "AE", "100", "BH-HL7-022"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_hapi_reads_what_is_wrong(hub: Hub, judge: Judge, number: int) -> None:
    more, code, condition, fault = REFUSED[number]
    sent = _sent(f"R{number}", version="2.5", **more)
    found = judge.send(hub.mllp()[1], sent, "/.MSA-1", "/.MSA-2", *ERR)
    assert found == [code, f"R{number}", condition, "HL70357", "E", fault, "BILLHUB"]


MODES: Final = [
    # MSH-15, MSH-16, the type, the first answer
    ("AL", "AL", "DFT^P03", "CA|AA"),  # both come in one segment, and HAPI takes either
    ("AL", "NE", "DFT^P03", "CA"),
    ("NE", "AL", "DFT^P03", "AA"),
    ("ER", "AL", "DFT^P03", "AA"),
    ("SU", "", "DFT^P03", "CA"),
    ("AL", "AL", "ORU^R01", "CR"),
    ("NE", "AL", "ORU^R01", "AR"),
    ("SU", "ER", "ORU^R01", "AR"),
]


@pytest.mark.parametrize(("accept", "application", "kind", "code"), MODES)
def test_hapi_has_an_answer_in_every_mode(
    hub: Hub, judge: Judge, accept: str, application: str, kind: str, code: str
) -> None:
    control = f"E{accept}{application}{kind[:3]}"
    sent = _sent(control, accept, application, version="2.5", kind=kind)
    first, answered = judge.send(hub.mllp()[1], sent, "/.MSA-1", "/.MSA-2")
    assert first in code.split("|")
    assert answered == control


def test_our_control_ids_are_each_an_own(hub: Hub, judge: Judge) -> None:
    found = [judge.send(hub.mllp()[1], _sent(f"U{number}", paid="100.00"), "/.MSH-10")[0] for number in range(50)]
    assert len(set(found)) == 50
    assert all(0 < len(one) <= 20 for one in found)


# Both read: HAPI leaves formatting and hexadecimal escapes as sent, which we take back; test_wire has those.

WORDS: Final = ("", "张三", "a", "12.50", '""', "乗倈", "A B", "0", *(rf"\{letter}\ ".strip() for letter in "FSTRE"))
UNKNOWN: Final = (r"\Zq\ ".strip(), r"\E\T\E\ ".strip(), r"\C2842\ ".strip(), r"\M244242\ ".strip())
MARKS: Final = (r"|^~\&", r"|^~\&", "$%*!@", r"#^~\&", r"|~^\&", "|^~/&", r"|@~\^")


def _generated(chance: random.Random) -> str:
    field, component, repetition, escape, sub = chance.choice(MARKS)

    def words() -> str:
        count = chance.choice((0, 1, 1, 1, 2, 3))
        return "".join(chance.choice(WORDS + UNKNOWN) for _ in range(count)).replace("\\", escape)

    def joined(separator: str, of: Any, *counts: int) -> str:
        return separator.join(of() for _ in range(chance.choice(counts)))

    def value() -> str:
        return joined(
            repetition, lambda: joined(component, lambda: joined(sub, words, 1, 1, 2, 3), 1, 1, 2, 5), 1, 1, 2
        )

    version = chance.choice(("2.3", "2.4", "2.5", "2.6"))
    encoding = component + repetition + escape + sub
    start = ["MSH", encoding, "HIS", "HOSP", "B", "H", "20261125", "", f"DFT{component}P03", "M1", "P", version]
    rows = [field.join(start)]
    names = chance.choices(("ZPI", "ZV1", "FT1", "ZZ1", "NTE"), k=chance.choice((1, 2, 5)))
    rows += [field.join([name, joined(field, value, 1, 3, 8)]) + field * chance.choice((0, 1, 3)) for name in names]
    return "\r".join(rows) + "\r"


def _leaves(message: str) -> Iterator[tuple[tuple[int, int, int, int, int], str]]:
    for segment, fields in enumerate(good(message).tree["segments"]):
        for number, value in enumerate(fields[1:], 1) if segment else ():
            for repetition, parts in enumerate(value if isinstance(value, list) else [value]):
                for component, subs in enumerate(parts if isinstance(parts, list) else [parts], 1):
                    for sub, text in enumerate(subs if isinstance(subs, list) else [subs], 1):
                        yield (segment, number, repetition, component, sub), text


@pytest.mark.parametrize("seed", range(8))
def test_hapi_reads_the_same_values(judge: Judge, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        message = _generated(chance)
        leaves = dict(_leaves(message))
        assert judge.plain(message, list(leaves)) == list(leaves.values()), message


AWKWARD: Final = (
    "a|b^c~d&e\\f",
    "张三|李四",
    "\\F\\",
    "^^^",
    "~",
    "5\\10ml&",
    "#",
    "乗亊倈",
    "x y ",
    "&amp;",
    "'\"",
    "\\.br",
)


def test_we_read_what_hapi_writes(judge: Judge) -> None:
    for number, text in enumerate(AWKWARD):
        values = {
            "/.MSH-10": f"W{number}",
            "/.MSH-18": "UNICODE UTF-8",
            "/.PID-3-1": text,
            "/.PID-5-1-1": text,
            "/.PID-5(1)-2": text,
            "/.PV1-19-1": text,
            "/FINANCIAL(0)/FT1-7-2": text,
            "/FINANCIAL(1)/FT1-11-1-1": "12.50",
            "/FINANCIAL(1)/FT1-7-1": text,
        }
        tree = good(judge.write(values)).tree["segments"]
        first = {row[0]: row for row in reversed(tree)}
        lines = [row for row in tree if row[0] == "FT1"]
        assert _first(first["PID"][3]) == text
        assert _first(first["PID"][5]) == text
        assert first["PID"][5][1][1] == text
        assert _first(first["PV1"][19]) == text
        assert lines[0][7] == [["", text]]
        assert (_first(lines[-1][7]), _first(lines[-1][11])) == (text, "12.50")


def _first(value: Any) -> str:
    while isinstance(value, list):
        value = value[0]
    return str(value)


def test_what_hapi_refuses_is_said(judge: Judge) -> None:
    with pytest.raises(Refused, match="Determine encoding"):
        judge.typed("PID|1\r", "/.PID-1")
