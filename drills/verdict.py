"""What must hold after a drill, judged from outside: by what senders were told, the rows, and the signed bytes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from drills.expectation import Expectation
from drills.load import Load
from drills.place import Place
from hub.cli.language import say
from hub.issuing.verify import verify_einvoice
from hub.ledger.aad import document_aad
from hub.security.certificates import Trust

_BILLS = "SELECT charge_no, status, total::bigint, bill_code, bill_number, face FROM bill"
_DOCUMENTS = "SELECT b.id, b.unit, b.bill_number, d.xml FROM bill b JOIN document d ON d.bill_seq = b.seq"


@dataclass(slots=True)
class Allowed:
    """What a drill itself brought about, beyond its load."""

    refused: int = 0
    parked: int = 0
    sent: int = 0
    """messages it sent by itself"""


@dataclass(slots=True)
class Verdict:
    """All expectations of a drill."""

    place: Place
    load: Load
    allowed: Allowed
    expectations: list[Expectation] = field(default_factory=list)
    counted: dict[str, Any] = field(default_factory=dict)

    async def judge(self) -> None:
        """Looks at everything."""
        bills = await self.place.rows(_BILLS)
        self._acknowledged(bills)
        self._once(bills)
        await self._signed(bills)
        await self._books(bills)
        await self._tally()
        if self.place.platform is not None:
            found = self.place.platform.state("", "")
            self.expect(
                say("财政平台对每个号码只见过一种内容", "the platform saw every number with one content only"),
                found == {"countersigned": len(bills), "refused": 0},
                f"{found['countersigned']}",
            )

    def expect(self, what: str, ok: bool, found: object = "") -> None:
        """Adds one."""
        self.expectations.append(Expectation(what, ok, str(found)))

    def _acknowledged(self, bills: list[Any]) -> None:
        there = {charge: (status, fen, (code, number)) for charge, status, fen, code, number, _ in bills}
        paid = {charge: told for charge, told in self.load.told.items() if told.paid}
        missing = sorted(
            charge
            for charge, told in paid.items()
            if there.get(charge, ("", 0, None))[:2] != (self.place.final, told.fen)
        )
        self.expect(
            say("已确认接收的收费一笔不少,金额相符", "no charge that was acknowledged is missing, and amounts agree"),
            not missing,
            f"{len(paid) - len(missing)}/{len(paid)}" + (f" {missing[:3]}" if missing else ""),
        )
        answered = {charge: told.answer for charge, told in paid.items() if told.answer}
        wrong = sorted(
            charge for charge, answer in answered.items() if charge not in there or there[charge][2] != answer
        )
        if answered:
            self.expect(
                say("应答给出的票号就是库中的票号", "bills that were answered are the bills that are there"),
                not wrong,
                f"{len(answered) - len(wrong)}/{len(answered)}",
            )
        self.counted |= {"messages": self.load.acknowledged, "charges": len(paid), "bills": len(bills)}

    def _once(self, bills: list[Any]) -> None:
        charges = Counter(charge for charge, *_ in bills)
        numbers = Counter((code, number) for _, _, _, code, number, _ in bills)
        twice = [key for counter in (charges, numbers) for key, count in counter.items() if count > 1]
        self.expect(
            say("没有一笔收费开两张票,没有一个号码用两次", "no charge has two bills, and no number stands on two"),
            not twice,
            f"{len(twice)}",
        )
        others = Counter(status for _, status, *_ in bills if status != self.place.final)
        self.expect(say("每张票都开完了", "every bill came to its end"), not others, dict(others) or len(bills))

    async def _signed(self, bills: list[Any]) -> None:
        trust = Trust.from_folder(self.place.world.data / "trust")
        good = 0
        for id_, unit, number, xml in await self.place.rows(_DOCUMENTS):
            verdict = verify_einvoice(self.place.vault.open(unit, document_aad(id_, "xml"), xml), trust)
            good += verdict.ok and verdict.bill_number == number
        self.expect(
            say("每张票的签名和号码都验得过", "every bill verifies, and names its number"),
            good == len(bills),
            f"{good}/{len(bills)}",
        )

    async def _books(self, bills: list[Any]) -> None:
        code, out, err = await self.place.machines[0].command("books", "--data", str(self.place.hub), "--json")
        if code not in {0, 1}:
            self.expect(say("账目核对得上", "the books balance"), False, err.strip()[-200:])
            return
        books = json.loads(out)
        self.expect(say("账目核对得上 (billhub books)", "the books balance (billhub books)"), code == 0)
        used = Counter(bill_code for _, _, _, bill_code, _, _ in bills)
        wrong = []
        leased = 0
        for book in books["numbers"]:
            whole = int(book["to"]) - int(book["from"]) + 1
            parts = sum(book[part] for part in ("used", "void", "reserved", "leased", "free"))
            leased += book["leased"]
            if parts != whole or book["used"] != used[book["code"]]:
                wrong.append(book)
        self.expect(
            say(
                "已用+作废+预留+租出+空闲=号段,已用=票数",
                "used + void + reserved + leased + free = segment, used = bills",
            ),
            not wrong,
            wrong or f"{sum(used.values())} + {leased} leased",
        )

    async def _tally(self) -> None:
        tally = await self.place.tally()
        received = sum(tally.values())
        least, most = self.load.acknowledged, self.load.sent + self.allowed.sent
        self.expect(
            say("确认数 ≤ 计数之和 ≤ 发送数", "acknowledged ≤ Σ tallies ≤ sent"),
            least <= received <= most,
            f"{least} ≤ {received} ≤ {most}",
        )
        beside = tally.get("parked", 0), tally.get("refused", 0)
        self.expect(
            say("挂起和拒收的正是该有的", "parked and refused are those that should be"),
            beside == (self.allowed.parked, self.allowed.refused),
            f"parked {beside[0]}, refused {beside[1]}",
        )
        self.counted["repeats"] = tally.get("duplicate", 0)
