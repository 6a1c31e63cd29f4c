"""What senders do, as data: every step is a frozen value, so that a repeat is the same bytes again.

A step says what its sender has to hear (`says`), which holds on either engine; where the engines differ for a good
reason it is "of the embedded hub|of the cluster".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zlib import crc32

START = datetime(2026, 11, 2, 8, 0)  # noqa: DTZ001  (a hospital's wall clock has no offset)


@dataclass(frozen=True)
class Hl7:
    """A message over MLLP."""

    control: str
    text: str
    says: str = "AA"
    source: str = "his"


@dataclass(frozen=True)
class Alipay:
    """A notification. `back`: fen refunded so far by earlier ones; `order`: `to` is an order number, not a charge."""

    what: Literal["paid", "refund", "finished", "forged"]
    trade: str
    to: str
    fen: int
    give: int = 0
    back: int = 0
    refund_no: str = ""
    says: str = "success"
    source: str = "alipay"


@dataclass(frozen=True)
class Union:
    """A back notification of a payment (`of` empty), or of what is given back of one. `state` is its gateway's word."""

    trade: str
    to: str
    fen: int
    state: str = "paid"
    of: str = ""
    says: str = "200"
    source: str = "unionpay"


@dataclass(frozen=True)
class Bosssoft:
    """A HIS that asks for the bill of a charge with one item, and hears it in the answer."""

    charge: str
    fen: int
    fund: int = 0
    account: int = 0
    pays: str = "02"
    """the channel that brought the rest; empty: nothing did"""
    misbehave: str = ""
    says: str = "S0000"
    source: str = "bosssoft"


@dataclass(frozen=True)
class WriteOff:
    """A HIS withdraws the charge by the bill it was answered with."""

    charge: str
    says: str = "S0000"
    source: str = "bosssoft"


@dataclass(frozen=True)
class Fees:
    """A school's table of so many students: uploaded, or dropped into the folder."""

    students: int
    drop: bool = False
    paid: bool = True
    seed: int = 3
    misbehave: str = ""
    says: str = ""

    @property
    def source(self) -> str:
        return "inbox" if self.drop else "fees"


@dataclass(frozen=True)
class Raw:
    """Bytes that are no message of the source's protocol."""

    source: str
    body: bytes
    says: str
    path: str = ""


@dataclass(frozen=True)
class Until:
    """Waits for bills by status, and, where given, for as many parked cases and messages."""

    bills: tuple[tuple[str, int], ...]
    parked: int | None = None
    says: str = ""
    source: str = ""


@dataclass(frozen=True)
class Do:
    """Something a person or a peer does: see `cast.Cast`."""

    what: Literal["receive", "release", "platform", "gateway", "mend", "replay"]
    values: tuple[Any, ...] = ()
    says: str = ""
    source: str = ""


@dataclass(frozen=True)
class Together:
    """Lanes of steps that run beside each other."""

    lanes: tuple[tuple[Step, ...], ...]
    says: str = ""
    source: str = ""


Step = Hl7 | Alipay | Union | Bosssoft | WriteOff | Fees | Raw | Until | Do | Together


def wanted(step: Step, site: str) -> str:
    """What the step's sender has to hear there."""
    embedded, _, cluster = step.says.partition("|")
    return cluster if cluster and site == "cluster" else embedded


def until(parked: int | None = None, **bills: int) -> Until:
    return Until(tuple(sorted(bills.items())), parked)


@dataclass(frozen=True)
class End:
    """Where a scenario ends, in lines a person can write and read; each list is sorted."""

    bills: tuple[str, ...] = ()
    """CHARGE face status FEN [insured FEN] = TRADE FEN + …[, reverses][, replaces][, BH-…]"""
    cases: tuple[str, ...] = ()
    """status [BH-…] [+surplus]"""
    books: tuple[str, ...] = ()
    """source place count"""
    numbers: tuple[str, ...] = ()
    """type used count [void count] [reserved count] left count"""
    parked: tuple[str, ...] = ()
    """message or case, BH-…"""
    refused: tuple[str, ...] = ()
    """source BH-…"""
    outbox: tuple[str, ...] = ()
    """kind [BH-…]"""


@dataclass(frozen=True)
class Scenario:
    """One unit's day. `policy` and `issue` are the unit's; `numbers` how many of each bill type it has at first."""

    name: str
    steps: tuple[Step, ...]
    end: End
    policy: dict[str, str] = field(default_factory=dict)
    issue: str = "on_payment"
    numbers: int = 100
    platform: Literal["", "signs", "refuses"] = ""
    mapping: str = "his/hl7v2/dft-p03"
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> frozenset[str]:
        """The sources its steps use."""
        return frozenset(_sources(self.steps))


def _sources(steps: tuple[Step, ...]) -> list[str]:
    found: list[str] = []
    for step in steps:
        found += [name for lane in step.lanes for name in _sources(lane)] if isinstance(step, Together) else []
        found += [step.source] if step.source else []
    return found


def trade_no(name: str) -> str:
    """The channel's number of a trade that a scenario calls by a name."""
    return f"20261102220{crc32(name.encode()):017d}"


# what a hospital says


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
    return f"FT1|{index}|||AT|AT|{kind}|XYF^西药费^LOCAL|||1|{yuan}&CNY|{yuan}&CNY"


def _paid(index: int, channel: str, fen: int, trade: str = "") -> str:
    medium = f"{channel.upper()}^^^{trade}" if trade else channel.upper()
    return f"FT1|{index}|||AT|AT|PY|{medium}||||{fen // 100}.{fen % 100:02d}&CNY"


def _message(control: str, kind: str, number: str, minute: int, lines: list[str], says: str) -> Hl7:
    at = f"{START + timedelta(minutes=minute):%Y%m%d%H%M%S}"
    head = [
        rf"MSH|^~\&|HIS|HOSP|BILLHUB|HUB|{at}||{kind}|{control}|P|2.4||||||UNICODE UTF-8",
        f"EVN|{kind[4:]}|{at}",
        f"PID|1||P1^^^HOSP^PI||测试甲||19900101|M|||||13900000001|||||{number}",
        f"PV1|1|O|0102^^^HOSP{'|' * 16}{number}",
    ]
    return Hl7(
        control,
        "\r".join([*head, *(line.replace("|AT|", f"|{at}|").replace("|AT|", f"|{at}|") for line in lines)]) + "\r",
        says,
    )
