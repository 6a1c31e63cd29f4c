"""What the simulated hospital says: invented patients and their DFT and ADT messages, built by hand.

Identity numbers have a right check digit and are plainly fake: district 110101, born on a first of January.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

Misbehaviour = Literal["duplicate", "changed", "payment_first", "cut", "gbk", "lf", "batch"]
MISBEHAVIOURS: Final[tuple[Misbehaviour, ...]] = (
    "duplicate",
    "changed",
    "payment_first",
    "cut",
    "gbk",
    "lf",
    "batch",
)

NAMES: Final = ("张测试", "李样例", "王示范", "赵模拟", "钱乗风", "孙亊成", "周倈归", "吴演练", "郑虚构", "欧阳试验")
"""Invented; some hold characters whose second GBK byte is an HL7 delimiter."""

ITEMS: Final = (
    ("XYF", "西药费", (1280, 3560, 9900)),
    ("JCF", "检查费", (8000, 12000, 45000)),
    ("HYF", "化验费", (2500, 6000)),
    ("ZLF", "治疗费", (1500, 4200)),
    ("GHF", "挂号费", (500, 1000)),
)
_START: Final = datetime(2026, 11, 25, 8, 0, 0)  # noqa: DTZ001  (a hospital's wall clock has no offset)
_MSH18: Final = {"UTF-8": "UNICODE UTF-8", "GBK": "GBK", "GB18030": "GB 18030-2000"}
_CODECS: Final = {"UTF-8": "utf-8", "GBK": "gb18030", "GB18030": "gb18030"}


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented person."""

    name: str
    number: str
    gender: str
    phone: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as sent."""

    charge_no: str
    visit_no: str
    amount_fen: int
    control_id: str
    patient: Patient
    body: bytes


class Writer:
    """Writes one hospital's messages; the same seed writes the same."""

    def __init__(
        self,
        seed: int,
        *,
        charset: str = "UTF-8",
        declares: bool = True,
        line_end: str = "\r",
        enhanced: bool = False,
        prefix: str = "",
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311  (repeatable test data)
        self._seed, self._prefix = seed, prefix
        self._charset, self._declares, self._line_end, self._enhanced = charset, declares, line_end, enhanced
        self._count = [0, 0]
        """Messages and charges so far, shared with writers made by `like`."""

    def like(self, how: Misbehaviour) -> Writer:
        """The same hospital, on a day its system misbehaves in form."""
        other = Writer(self._seed, enhanced=self._enhanced, prefix=self._prefix)
        other._random, other._count = self._random, self._count
        other._charset, other._declares = self._charset, self._declares
        other._line_end = "\n" if how == "lf" else self._line_end
        if how == "gbk":
            other._charset, other._declares = "GBK", False
        return other

    def charge(self, lines: int | None = None, *, cash: bool = False) -> Charge:
        """A charge of some lines (1 to 6 unless told), with a PY line in cash where asked."""
        self._count[1] += 1
        number = f"{self._prefix}V{self._seed:04d}{self._count[1]:07d}"
        patient = self._patient()
        at = self._time()
        rows: list[str] = []
        total = 0
        for index in range(1, (lines or self._random.randint(1, 6)) + 1):
            code, name, prices = self._random.choice(ITEMS)
            price, quantity = self._random.choice(prices), self._random.randint(1, 3)
            total += price * quantity
            rows.append(
                f"FT1|{index}|{number}-{index}||{at}|{at}|CG|{code}^{name}^LOCAL|||{quantity}"
                f"|{_yuan(price * quantity)}&CNY|{_yuan(price)}&CNY|0102^心血管内科"
            )
        if cash:
            rows.append(self._py(len(rows) + 1, number, at, total, "CASH", ""))
        body, control_id = self._message("DFT^P03", at, patient, number, rows)
        return Charge(number, number, total, control_id, patient, body)

    def payment(self, charge: Charge, channel: str, trade_no: str = "") -> tuple[bytes, str]:
        """A message that only pays an earlier charge: body and control id."""
        at = self._time()
        row = self._py(1, charge.charge_no, at, charge.amount_fen, channel, trade_no)
        return self._message("DFT^P03", at, charge.patient, charge.visit_no, [row])

    def credited(self, charge: Charge) -> tuple[bytes, str]:
        """A later message that takes every line of a charge back (CD beside CG lines): body and control id."""
        revised = self._taken_back(charge, len(_lines_of(charge, self._codec)))
        return revised.body, revised.control_id

    def revised(self, charge: Charge) -> Charge:
        """The charge as a later message has it that takes its first line back; the other lines remain."""
        return self._taken_back(charge, 1)

    def _taken_back(self, charge: Charge, count: int) -> Charge:
        self._count[0] += 1
        control_id = f"{self._prefix}M{self._seed:04d}{self._count[0]:08d}"
        text = charge.body.decode(self._codec).replace(charge.control_id, control_id)
        gone = _lines_of(charge, self._codec)[:count]
        lines = [*text.rstrip("\r\n").split(self._line_end), *(line.replace("|CG|", "|CD|") for line in gone)]
        body = self._line_end.join(lines).replace(gone[0].split("|")[4], self._time()) + self._line_end
        fen = sum(_fen(line.split("|")[11].partition("&")[0]) for line in gone)
        return replace(charge, amount_fen=charge.amount_fen - fen, control_id=control_id, body=body.encode(self._codec))

    @property
    def _codec(self) -> str:
        return _CODECS[self._charset]

    def visit(self, charge: Charge, trigger: str) -> tuple[bytes, str]:
        """An ADT message: body and control id."""
        return self._message(f"ADT^{trigger}", self._time(), charge.patient, charge.visit_no, [])

    def batch(self, charges: Sequence[Charge]) -> bytes:
        """A file of one batch."""
        end = self._line_end.encode()
        head = rb"|^~\&|HIS|HOSP|BILLHUB|HUB"
        number = f"{self._prefix}B{self._seed}-{self._count[0]}".encode()
        lines = [b"FHS" + head, b"BHS" + head + b"|||||" + number]
        lines += [charge.body.removesuffix(end) for charge in charges]
        lines += [f"BTS|{len(charges)}".encode(), b"FTS|1"]
        return end.join(lines) + end

    def changed(self, charge: Charge) -> bytes:
        """The same MSH-10 with another body."""
        return charge.body + f"NTE|1||changed{self._line_end}".encode()

    def _message(self, kind: str, at: str, patient: Patient, visit: str, rows: Sequence[str]) -> tuple[bytes, str]:
        self._count[0] += 1
        control_id = f"{self._prefix}M{self._seed:04d}{self._count[0]:08d}"
        event = kind.split("^")[1]
        asks = "|||AL|AL" if self._enhanced else "||||"
        charset = f"||{_MSH18[self._charset]}" if self._declares else ""
        lines = [
            rf"MSH|^~\&|HIS|HOSP|BILLHUB|HUB|{at}||{kind}|{control_id}|P|2.4{asks}{charset}",
            f"EVN|{event}|{at}",
            (
                f"PID|1||P{patient.number[-6:]}^^^HOSP^PI~{patient.number}^^^GA^NI||{patient.name}||{patient.number[6:14]}"
                f"|{patient.gender}|||||{patient.phone}|||||{visit}"
            ),
            f"PV1|1|O|0102^^^HOSP|||||||||||||||310|{visit}",
            *rows,
        ]
        return (self._line_end.join(lines) + self._line_end).encode(_CODECS[self._charset]), control_id

    def _py(self, index: int, number: str, at: str, fen: int, channel: str, trade_no: str) -> str:
        medium = f"{channel}^^^{trade_no}" if trade_no else channel
        return f"FT1|{index}|{number}-P{index}||{at}|{at}|PY|{medium}||||{_yuan(fen)}&CNY"

    def _patient(self) -> Patient:
        year, order = self._random.randint(1950, 2020), self._random.randint(1, 999)
        first17 = f"110101{year}0101{order:03d}"
        phone = f"139000{self._random.randint(0, 99999):05d}"
        return Patient(self._random.choice(NAMES), first17 + _check(first17), "M" if order % 2 else "F", phone)

    def _time(self) -> str:
        return (_START + timedelta(seconds=self._count[0])).strftime("%Y%m%d%H%M%S")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))


def _lines_of(charge: Charge, codec: str) -> list[str]:
    """Its CG lines."""
    return [line for line in charge.body.decode(codec).splitlines() if "|CG|" in line]


def _check(first17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first17, weights, strict=True)) % 11]
