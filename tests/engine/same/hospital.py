"""What the scenarios' hospital says: HL7 messages, and the unit's own among them, with mappings beside this file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.engine.same.words import Hl7

START = datetime(2026, 11, 2, 8, 0)  # noqa: DTZ001  (a hospital's wall clock has no offset)


def charge(
    number: str, *fen: int, back: tuple[int, ...] = (), minute: int = 0, says: str = "AA", control: str = "", **pay: Any
) -> Hl7:
    """A charge of lines in fen, some of them taken back; with `cash=FEN` and the like its own payment lines."""
    lines = [_line(index, "CG", cents) for index, cents in enumerate(fen, 1)]
    lines += [_line(index, "CD", cents) for index, cents in enumerate(back, 101)]
    lines += [_paid(index, channel, cents) for index, (channel, cents) in enumerate(pay.items(), 201)]
    return _message(control or f"{number}-charge-{minute}", "DFT^P03", number, minute, lines, says)


def told(number: str, channel: str, fen: int, trade: str = "", *, minute: int = 1, says: str = "AA") -> Hl7:
    """A message that only pays, by a PY line."""
    control = f"{number}-told-{channel}-{trade}-{fen}-{minute}"
    return _message(control, "DFT^P03", number, minute, [_paid(1, channel, fen, trade)], says)


def visit(number: str, minute: int = 2) -> Hl7:
    return _message(f"{number}-visit-{minute}", "ADT^A08", number, minute, [], "AA")


def order(number: str, *charges: str, says: str = "AA") -> Hl7:
    """The unit's own message that links charges to an order."""
    lines = [f"ZOR|{number}", *(f"ZCH|{one}" for one in charges)]
    return _message(f"{number}-order-{'-'.join(charges)}", "BAR^P10", "", 0, lines, says)


def withdrawn(number: str, minute: int = 3) -> Hl7:
    """The unit's own message that withdraws a charge."""
    return _message(f"{number}-withdrawn-{minute}", "BAR^P06", number, minute, [], "AA")


def deposit(number: str, fen: int, trade: str, minute: int = 0) -> Hl7:
    """The unit's own message of a deposit for a visit."""
    return _message(f"{number}-deposit-{trade}", "BAR^P01", number, minute, [_paid(1, "ALIPAY", fen, trade)], "AA")


def both(number: str, order_no: str, fen: int, trade: str, says: str = "AA") -> Hl7:
    """The unit's own message of a payment for a charge and an order."""
    lines = [f"ZOR|{order_no}", _paid(1, "ALIPAY", fen, trade)]
    return _message(f"{number}-both-{order_no}", "BAR^P05", number, 4, lines, says)


def _line(index: int, kind: str, fen: int) -> str:
    yuan = f"{fen // 100}.{fen % 100:02d}"
    return f"FT1|{index}|||@|@|{kind}|XYF^西药费^LOCAL|||1|{yuan}&CNY|{yuan}&CNY"


def _paid(index: int, channel: str, fen: int, trade: str = "") -> str:
    medium = f"{channel.upper()}^^^{trade}" if trade else channel.upper()
    return f"FT1|{index}|||@|@|PY|{medium}||||{fen // 100}.{fen % 100:02d}&CNY"


def _message(control: str, kind: str, number: str, minute: int, lines: list[str], says: str) -> Hl7:
    at = f"{START + timedelta(minutes=minute):%Y%m%d%H%M%S}"
    head = [
        rf"MSH|^~\&|HIS|HOSP|BILLHUB|HUB|{at}||{kind}|{control}|P|2.4||||||UNICODE UTF-8",
        f"EVN|{kind[4:]}|{at}",
        f"PID|1||P1^^^HOSP^PI||测试甲||19900101|M|||||13900000001|||||{number}",
        f"PV1|1|O|0102^^^HOSP{'|' * 16}{number}",
    ]
    lines = [line.replace("@", at) for line in lines]
    return Hl7(control, "\r".join([*head, *lines]) + "\r", says)
