r"""Odd but legal, or nearly legal, HL7 messages, by what is odd about them: name → (message, what the sender is told).

`PAID` stands for AA and a bill over the whole; an amount for AA and a bill over so many fen; a fault's code for AE or
AR with that fault; None for AA and no bill yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.badinput.say import ID_NO, NAME, PHONE

AT: Final = "20261125090000"
PAID: Final = 10_000
Told = int | str | None
Odd = dict[str, tuple[str | bytes, Told]]


def line(amount: str = "100.00", *, kind: str = "CG", quantity: str = "1", at: str = AT, price: str = "") -> str:
    return f"FT1|1|||{at}|{at}|{kind}|XYF^西药费^LOCAL|||{quantity}|{amount}|{price}"


def cash(amount: str = "100.00") -> str:
    return f"FT1|9|||{AT}|{AT}|PY|CASH||||{amount}"


def pid(visit: str, name: str = NAME, ids: str = f"P1^^^HOSP^PI~{ID_NO}^^^GA^NI") -> str:
    return f"PID|1||{ids}||{name}||19900101|M|||||{PHONE}|||||{visit}"


def pv1(visit: str) -> str:
    return f"PV1|1|O|0102^^^HOSP{'|' * 16}{visit}"


def msh(control: str, kind: str = "DFT^P03", version: str = "2.4", charset: str = "UNICODE UTF-8") -> str:
    return rf"MSH|^~\&|HIS|HOSP|BILLHUB|HUB|{AT}||{kind}|{control}|P|{version}||||||{charset}"


def said(visit: str, *lines: str, head: str = "", person: str | None = None, stay: str | None = None) -> str:
    """A whole message; `visit` is its MSH-10 and its charge number too."""
    rows = [
        head or msh(visit),
        f"EVN|P03|{AT}",
        pid(visit) if person is None else person,
        pv1(visit) if stay is None else stay,
        *(lines or (line(), cash())),
    ]
    return "\r".join(row for row in rows if row) + "\r"


def told(expected: Told, *values: str) -> list[tuple[str, str, Told]]:
    """Values that are told the same."""
    return [("", value, expected) for value in values]


def each(group: str, cases: Sequence[tuple[str, str, Told]], make: str) -> Odd:
    made: Odd = {}
    for number, (name, value, expected) in enumerate(cases):
        visit = f"{group}{number}"
        made[f"{group} {name or value}"] = (_MAKERS[make](visit, value, expected), expected)
    return made


_MAKERS: Final = {
    "amount": lambda v, x, fen: said(v, line(x), cash(f"{fen // 100}.{fen % 100:02}" if isinstance(fen, int) else "1")),
    "second line": lambda v, x, _: said(v, line("200.00"), x, cash()),
    "quantity": lambda v, x, _: said(v, line(quantity=x), cash()),
    "price": lambda v, x, _: said(v, line(price=x), cash()),
    "time": lambda v, x, _: said(v, line(at=x), cash()),
    "name": lambda v, x, _: said(v, person=pid(v, x)),
    "ids": lambda v, x, _: said(v, person=pid(v, ids=x)),
    "more": lambda v, x, _: said(v, line(), cash(), x),
    "kind": lambda v, x, _: said(v, head=msh(v, kind=x)),
    "version": lambda v, x, _: said(v, head=msh(v, version=x)),
    "head": lambda v, x, _: said(v, head=x.replace("CONTROL", v)),
}

AMOUNTS: Final = each(
    "amount",
    [
        *told(1250, "12.5", "12.50", "12.500", "+12.5", "0012.50", " 12.50 ", "12.50000000"),
        *told(1250, "12.50&CNY", "12.50&RMB", "12.50&rmb", "12.50&156", "12.50&元"),
        *(
            ("", text, 1250)
            for text in ("12.50^", "12.50&CNY^TP", "12.50&CNY^UP", "12.50^^^^^", "12.50&&", r"\X31\2.50")
        ),
        ("no zero before the point", ".5", 50),
        ("a unit price and a total", "6.25&CNY^UP~12.50&CNY^TP", 1250),
        ("a total and a unit price", "12.50&CNY^TP~6.25&CNY^UP", 1250),
        ("nothing to pay", "0", None),
        ("minus nothing", "-0", None),
        *(
            ("", text, "BH-MAP-004")
            for text in ("1,234.50", "1e3", "12.", "12.505", "12,50", "￥12.50", "12.50元", "NaN")
        ),
        *told("BH-MAP-004", "１２.50", "0x0C", "1 2", "--1", "1/2", "9" * 17, "Infinity", "１"),
        *told("BH-MAP-002", "", '""', "^12.50", "&CNY", "^^"),
        *(("", f"12.50&{currency}", "BH-MAP-012") for currency in ("USD", "HKD", "EUR", "CNYX", "¥")),
        ("two and no word which", "6.25~12.50", "BH-MAP-012"),
    ],
    "amount",
)

LINES: Final = each(
    "line",
    [
        ("a credit", line(kind="CD"), PAID),
        ("a credit already negative", line("-100.00", kind="CD"), PAID),
        ("an adjustment", line(kind="AJ"), PAID),
        ("an adjustment already negative", line("-100.00", kind="AJ"), PAID),
        ("a negative charge", line("-100.00"), PAID),
        ("a negative charge of minus one", line("-100.00", quantity="-1"), PAID),
        ("a credit with a blank before", line(kind=" CD"), PAID),
        ("a credit with its name", line(kind="CD^Credit^HL70017"), PAID),
        ("a segment in small letters", line(kind="CD").replace("FT1", "ft1"), PAID),
        ("a segment in capitals and small letters", line(kind="CD").replace("FT1", "Ft1"), PAID),
        ("an indented segment", "  " + line(kind="CD"), PAID),
        ("a co-payment is left out", line(kind="CO"), None),
        ("more is paid back than was charged", line("-300.00"), "BH-BIL-012"),
        *(
            (f"type {kind or 'missing'}", line(kind=kind), "BH-MAP-012")
            for kind in ("cd", "XX", "", '""', "CGX", "C", "贷")
        ),
        ("a second payment by nobody knows what", line(kind="PY"), "BH-MAP-003"),
        ("a negative payment", cash("-50.00"), "BH-BIL-012"),
        ("only its name", "FT1", "BH-MAP-012"),
        ("cut after the code", "FT1|2|||20261125||CG|XYF", "BH-MAP-002"),
    ],
    "second line",
)

NUMBERS: Final = {
    **each(
        "quantity",
        [
            *told(PAID, "", "0", "-1", "+1", "2.5", "1.000000", "1e2", " 1 ", "999999999"),
            *told("BH-MAP-006", "一", "1,000", "0.3333333", "1^盒", "1盒", "NaN", "1-2"),
        ],
        "quantity",
    ),
    **each(
        "price",
        [
            *told(PAID, "", "99.99", "-100.00", "33.333333", "100&CNY^UP", "100~90", '""'),
            *told("BH-MAP-006", "n/a", "1,0", "0.12345678"),
        ],
        "price",
    ),
}

TIMES: Final = each(
    "time",
    [
        *(
            ("", text, PAID)
            for text in ("20261125", "2026112509", "202611250900", "202611", "2026", "", '""', " 20261125 ")
        ),
        *told(PAID, f"{AT}.1", f"{AT}.1234", f"{AT}+0800", f"{AT}.1234-0330", "202611250900+0900"),
        *told(PAID, f"{AT}^20261126", f"{AT}^", "20261125^D", f"{AT}&20261126", "20240229"),
        *told("BH-MAP-005", "2026-11-25 09:00:00", "20261125T090000", "2026/11/25", f"{AT}Z"),
        *told("BH-MAP-005", "00000000", "20261332", "20250229", "20261125250000", "202", "now"),
        *(
            ("", text, "BH-MAP-005")
            for text in (f"{AT}.", "99991231", "２０２６", "20261125090060", "1132790400", f"{AT}+8")
        ),
    ],
    "time",
)
