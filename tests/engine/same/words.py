"""What senders do, as data: every step is a frozen value, so that a repeat is the same bytes again.

A step says what its sender has to hear (`says`), which holds on either engine; where the engines differ for a good
reason it is "of the embedded hub|of the cluster".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from zlib import crc32


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
