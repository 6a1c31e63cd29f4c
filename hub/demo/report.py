"""The demonstration's report: what was driven, what the hub says, and whether the two agree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.demo.drive import Driver
from hub.demo.misfortunes import Misfortunes
from hub.errors import Lang
from hub.issuing.verify import verify_einvoice
from hub.ledger.reader import Reader
from hub.security.certificates import Trust
from hub.simulators.insurer import Insurer

ISSUED = ("issued", "issued_offline", "confirmed", "reversing", "reversed")


@dataclass(slots=True)
class Tally:
    """What happened besides the charges. `before` are the books of the folder's earlier runs."""

    before: dict[str, Any]
    misfortunes: Misfortunes = field(default_factory=Misfortunes)
    seconds: float = 0.0
    second_pull: int = 0
    """changes the insurer's second pull brought"""
    changed: int = 0
    """bills that are new or otherwise since its first pull"""
    away: bool = False
    """the platform was away, and is back"""

    @property
    def reversed_before(self) -> int:
        """Bills reversed in earlier runs."""
        return int(self.before["bills"].get("reversed", 0))

    def wanted(self, driver: Driver) -> int:
        """Bills there have to be, red ones and those of earlier runs included."""
        earlier: int = sum(self.before["bills"].get(status, 0) for status in ISSUED)
        return earlier + driver.driven.charges + self.misfortunes.reds


def report(driver: Driver, reader: Reader, insurer: Insurer, tally: Tally, lang: Lang) -> dict[str, Any]:
    """The report in the outer shape."""

    def say(zh: str, en: str) -> str:
        return zh if lang == "zh" else en

    books, driven, reds = reader.books(), driver.driven, tally.misfortunes.reds
    bills = books["bills"]
    trust = Trust.from_folder(driver.world.data / "trust")
    verified = [verify_einvoice(reader.document(id_, "xml") or b"", trust).ok for id_, _, _ in reader.issued()]
    total = sum(bills.get(status, 0) for status in ISSUED)
    wanted = tally.wanted(driver)
    issued = total - (wanted - driven.charges - reds)
    refused = _refused(books) - _refused(tally.before)
    waits = {status: bills[status] for status in ("waiting", "due", "reversing", "issued") if bills.get(status)}
    parked = reader.parked_count()
    reversed_ = bills.get("reversed", 0) - tally.reversed_before
    other = driven.collected
    expectations = [
        _held(
            say("每笔收费开出一张票据,每次退费一张红票", "every charge became a bill, every refund a red one"),
            total == wanted,
            f"{total}/{wanted}",
        ),
        _held(
            say("每个发送方都得到其协议规定的应答", "every sender was answered as its protocol says"),
            not driven.answers_bad,
            driven.answers_bad,
        ),
        _held(
            say(f"重复的消息没有多开票 ({driven.repeats} 次)", f"{driven.repeats} repeats made no second bill"),
            _duplicates(books) - _duplicates(tally.before) == driven.repeats,
            books["sources"],
        ),
        _held(
            say(
                f"伪造的通知被拒收并留存 ({driven.forged} 条)", f"{driven.forged} forged notifications refused and kept"
            ),
            refused == driven.forged,
            refused,
        ),
        _held(
            say(
                "财政平台离开片刻后补签了全部票据",
                "the fiscal platform went away, came back, and countersigned every bill",
            ),
            tally.away and not bills.get("issued", 0),
            bills,
        ),
        _held(
            say(f"全额退费和冲销的票据已冲红 ({reds} 张)", f"{reds} bills refunded or written off were reversed"),
            reversed_ == reds,
            reversed_,
        ),
        _held(
            say(f"代收费不开财政票据 ({other} 笔)", f"{other} rows of 代收费 made no fiscal bill"),
            total == wanted,
            total,
        ),
        _held(
            say("没有等待、待开或挂起的事项", "nothing waits, is due or parked"),
            not waits and not parked,
            waits | {"parked": parked},
        ),
        _held(
            say("每张票据都验证通过", "every bill verifies"),
            len(verified) == total and all(verified),
            verified.count(False),
        ),
        _held(
            say("保险公司拉到了每张票据", "the insurer pulled every bill"),
            len(insurer.bills) == total,
            f"{len(insurer.bills)}/{total}",
        ),
        _held(
            say("它的第二次拉取只带来变化", "its second pull brought the changes only"),
            tally.second_pull == tally.changed == 2 * reds,
            f"{tally.second_pull}/{tally.changed}",
        ),
        _held(say("账目平衡", "the books balance"), books["balanced"], books),
    ]
    return {
        "charges": driven.charges,
        "payments": driven.payments,
        "issued": issued,
        "waiting": bills.get("waiting", 0),
        "parked": parked,
        "seconds": round(tally.seconds, 2),
        "books": books,
        "expectations": expectations,
        "ok": all(entry["ok"] for entry in expectations),
    }


def _refused(books: dict[str, Any]) -> int:
    return sum(book["refused"] for book in books["sources"])


def _duplicates(books: dict[str, Any]) -> int:
    return sum(book["duplicate"] for book in books["sources"])


def _held(what: str, ok: bool, found: object) -> dict[str, Any]:
    return {"what": what, "ok": ok} if ok else {"what": what, "ok": ok, "found": found}
