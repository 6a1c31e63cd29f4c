r"""Odd HL7 messages, continued: persons, segments, headers, delimiters, bytes. The shape is that of `odd_hl7`."""

from __future__ import annotations

from typing import Final

from tests.badinput.odd_hl7 import PAID, Odd, Told, cash, each, line, msh, pid, pv1, said, told
from tests.badinput.say import ID_NO, NAME

PERSONS: Final = {
    **each(
        "name",
        [
            *(
                ("", text, PAID)
                for text in (NAME, f"HE BULOU^{NAME}", "贺^不漏^^^^^L", "SMITH^JOHN^Q^JR^DR", "贺&&^不漏")
            ),
            ("ideographic first", "贺^不漏^^^^^L^I~HE^BULOU^^^^^L^A", PAID),
            ("alphabetic first", "HE^BULOU^^^^^L^A~贺^不漏^^^^^L^I", PAID),
            ("three ways to write it", "HE^BULOU~ho^puleu~贺^不漏", PAID),
            ("an empty repetition", f"~{NAME}", PAID),
            *(
                ("", text, PAID)
                for text in ("贺\\S\\不漏", "贺 不漏", "·买买提·", "𠮷田", "O'NEIL", "贺<b>漏", "\ufeff贺不漏")
            ),
            ("the longest", "贺" * 100, PAID),
            *((name, text, "BH-MAP-002") for name, text in (("none", ""), ("deleted", '""'), ("blanks", "  "))),
            ("a bell in it", "贺\x07不漏", "BH-MAP-007"),
        ],
        "name",
    ),
    **each(
        "ids",
        [
            ("citizen number and passport", f"{ID_NO}^^^GA^NI~E1234567^^^X^PPN", PAID),
            ("passport only", "E1234567^^^X^PPN", PAID),
            ("passport first", f"E1234567^^^X^PPN~{ID_NO}^^^GA^NNCHN", PAID),
            ("a citizen number that is none", "123456^^^GA^NI", PAID),
            ("no type", ID_NO, PAID),
            ("an authority with sub-components", f"{ID_NO}^^^&2.16.156.1&ISO^NNCHN^^20200101", PAID),
            ("empty repetitions", "~~~", PAID),
            ("none", "", PAID),
        ],
        "ids",
    ),
}

SEGMENTS: Final[Odd] = {
    **each(
        "more",
        [
            ("blank lines", "\r  \r\r", PAID),
            ("a segment without fields", "PV2", PAID),
            ("an unknown Z segment", r"ZZZ|a^b&c~d\F\|张三", PAID),
            ("a Z segment of a megabyte", "ZLG|" + "长" * 350_000, PAID),
            ("200,000 empty fields", "ZLG" + "|" * 200_000, PAID),
            ("500,000 empty fields", "ZLG" + "|" * 500_000, "BH-HL7-021"),
            ("a note between the lines", "NTE|1||一行\rNTE|2||二行", PAID),
            ("two letters", "ZZ|1", "BH-HL7-020"),
            ("four letters", "ZZZZ|1", "BH-HL7-020"),
            ("a name in Han", "中文段|1", "BH-HL7-020"),
            ("the same visit again", "PV1|2|O|0102^^^HOSP" + "|" * 16 + "more9", "BH-HL7-022"),
            ("another patient", pid("more10", "另一人", "P2"), "BH-HL7-022"),
        ],
        "more",
    ),
    "segments the same visit word for word": (said("G1", line(), cash(), pv1("G1")), PAID),
    "segments no EVN": (said("G2").replace("EVN|P03|20261125090000\r", ""), PAID),
    "segments no PID": (said("G3", person=""), "BH-MAP-002"),
    "segments no PV1, an account": (said("G4", stay=""), PAID),
    "segments no PV1, no account": (said("G5", stay="", person=pid("")), "BH-MAP-001"),
    "segments no FT1": (said("G6", "NTE|1"), "BH-MAP-009"),
    "segments MSH alone": (msh("G7"), "BH-MAP-009"),
    "segments FT1 before all others": ("\r".join([msh("G8"), line(), cash(), pv1("G8"), pid("G8")]), PAID),
    "segments 500 FT1": (said("G9", *[line("0.20")] * 500, cash()), PAID),
    "segments 5,000 FT1": (said("G10", *[line("0.02")] * 5000, cash()), "BH-MAP-007"),
    "segments cut in a line": (said("G11").rstrip("\r")[:-24], "BH-MAP-012"),
}

HEADERS: Final = {
    **each(
        "kind",
        [
            *(
                ("", text, PAID)
                for text in ("DFT^P03^DFT_P03", "DFT^P11", "DFT^P11^DFT_P11", "DFT^P03^^", "DFT^P03~DFT^P03")
            ),
            *told(None, "ADT^A08", "ADT^A01^ADT_A01", "BAR^P01", "BAR^P05^BAR_P05"),
            *(
                ("", text, "BH-HL7-011")
                for text in ("DFT", "DFT^", "^P03", "", "dft^p03", "DFT P03", "DFT^P3", "DFT-P03")
            ),
            *told("BH-HL7-011", "ACK", "ACK^P03", "MFN^M01", "ORU^R01", "XXX^Y99", "费用^P03"),
            *told("BH-MAP-020", "ADT^A17", "ADT^A40", "ADT^Z99"),
        ],
        "kind",
    ),
    **each(
        "version",
        [
            *(
                ("", text, PAID)
                for text in ("2.1", "2.2", "2.3", "2.3.1", "2.5.1", "2.6", "2.7", "2.7.1", "2.8.2", "2.9")
            ),
            *told(PAID, "", "2.4^CHN", "2.4^CHN^2.4&x"),
            *told("BH-HL7-012", "2", "3.0", "V2.4", "2.31", "2.10", "two", "2.4b", "9.9"),
        ],
        "version",
    ),
    **each(
        "head",
        [
            ("only what is needed", r"MSH|^~\&|||||||DFT^P03|CONTROL", PAID),
            ("a time that is none", r"MSH|^~\&|HIS||||now||DFT^P03|CONTROL|P|2.4", PAID),
            ("a processing id with a mode", r"MSH|^~\&|HIS||||||DFT^P03|CONTROL|P^T|2.4", PAID),
            ("an unknown processing id", r"MSH|^~\&|HIS||||||DFT^P03|CONTROL|Q|2.4", "BH-HL7-013"),
            ("30 fields", r"MSH|^~\&|HIS||||||DFT^P03|CONTROL|P|2.8" + "|||NE|AL|CHN||" + "|x" * 12, PAID),
            ("applications in Han", r"MSH|^~\&|医院|门诊^1.2.3^ISO|票据|省||s|DFT^P03|CONTROL|P|2.4", PAID),
        ],
        "head",
    ),
}


def _marked(number: int, field: str, encoding: str, expected: Told) -> tuple[str, Told]:
    """A message in these delimiters; where MSH-2 leaves one out, the message does without."""
    table = str.maketrans(dict(zip(r"|^~\&", field + encoding.ljust(4, "\0")[:4], strict=True)))
    head, _, rest = said(f"D{number}", head=msh(f"D{number}", charset="UTF-8")).partition(r"|^~\&|")
    return f"{head}{field}{encoding}{field}{rest.translate(table)}".replace("\0", ""), expected


DELIMITERS: Final[Odd] = {
    f"delimiters {field}{encoding}": _marked(number, field, encoding, expected)
    for number, (field, encoding, expected) in enumerate(
        [
            *(
                ("|", encoding, PAID)
                for encoding in (r"^~\&#", r"~^\&", r"^~\&", r"@~\^", "^~/&", r"^~\&#$%", "^~\\\\&")
            ),
            *(
                (field, encoding, PAID)
                for field, encoding in (("$", "%*!@"), ("#", r"^~\&"), (",", ";:!?"), ("|", "^~\\"))
            ),
            *(
                ("|", encoding, "BH-HL7-002")
                for encoding in (
                    r"^^\&",
                    r" ~\&",
                    r"a~\&",
                    r"1~\&",
                    "^~\t&",
                    r"^~\.",
                )
            ),
        ]
    )
}

_PLAIN: Final = "FT1|1|||20261125||CG|X^drug|||1|100"

BYTES: Final[Odd] = {
    "bytes GBK": (said("Y1", head=msh("Y1", charset="GBK"), person=pid("Y1", "乗倈")).encode("gb18030"), PAID),
    "bytes GBK, undeclared": (said("Y2", head=msh("Y2", charset="")).encode("gb18030"), PAID),
    "bytes four to a letter": (
        said("Y3", head=msh("Y3", charset="GB18030"), person=pid("Y3", "𠮷㐀")).encode("gb18030"),
        PAID,
    ),
    "bytes Big5": (
        said("Y4", _PLAIN, cash(), head=msh("Y4", charset="BIG-5"), person=pid("Y4", "賀")).encode("big5"),
        PAID,
    ),
    "bytes Latin": (
        said("Y5", _PLAIN, cash(), head=msh("Y5", charset="8859/1"), person=pid("Y5", "Jörg")).encode("latin-1"),
        PAID,
    ),
    "bytes a repeated MSH-18": (said("Y6", head=msh("Y6", charset="ASCII~GB 18030-2000")).encode("gb18030"), PAID),
    "bytes a mark at the front": (b"\xef\xbb\xbf" + said("Y7").encode(), PAID),
    "bytes a mark before each segment": (said("Y8").replace("\r", "\r\ufeff"), PAID),
    "bytes two character sets": (said("Y9").encode() + "NTE|1||备注文字\r".encode("gbk"), "BH-HL7-003"),
    "bytes cut in a letter": (said("Y10").encode() + "NTE|1||备".encode()[:-1], "BH-HL7-003"),
    "bytes NUL in a name": (said("Y11", person=pid("Y11", "贺\0漏")), "BH-HL7-003"),
    "bytes a replacement character": (said("Y12", person=pid("Y12", "贺\ufffd")), "BH-HL7-003"),
    "bytes VT in a name": (said("Y13", person=pid("Y13", "贺\x0b不漏")), "BH-HL7-020"),
    "bytes FS in a name": (said("Y14", person=pid("Y14", "贺\x1c不漏")), "BH-HL7-020"),
    **{
        f"bytes ends {end!r}": (said(f"Z{number}").replace("\r", end), PAID)
        for number, end in enumerate(("\n", "\r\n", "\n\r", "\r\r\n", "\r\r", " \r", "\r \t"))
    },
    "bytes no last end": (said("Y15").rstrip("\r"), PAID),
    "bytes blanks before": ("\r\n \r\n" + said("Y16"), PAID),
}

GROUPS: Final = {"persons": PERSONS, "segments": SEGMENTS, "headers": HEADERS, "delimiters": DELIMITERS, "bytes": BYTES}

NAMES: Final = {
    **dict.fromkeys(
        (
            *(f"name HE BULOU^{NAME}", "name 贺^不漏^^^^^L", "name 贺&&^不漏", "name ideographic first"),
            *("name alphabetic first", "name three ways to write it", "name an empty repetition", "name 贺\\S\\不漏"),
            "name \ufeff贺不漏",
        ),
        NAME,
    ),
    "name SMITH^JOHN^Q^JR^DR": "SMITH JOHN",
    "name the longest": "贺" * 100,
    "bytes GBK": "乗倈",
    "bytes four to a letter": "𠮷㐀",
    "bytes Latin": "Jörg",
    "name 𠮷田": "𠮷田",
    "name 贺<b>漏": "贺<b>漏",
}
"""What the bill's payer is called, where the message says it in an odd way."""
