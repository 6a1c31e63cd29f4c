"""What follows the putting back of a backup: the archive is read, the platforms are asked, Kafka is set back.

Every step keeps how far it is in the epoch's row, so a restore that was cut off goes on when it is run again. None of
them releases anything: `billhub epoch resume` does, once senders have repeated what they sent since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from hub.bill.bill import Bill
from hub.config import UnitConfig
from hub.delivery.archive.reading import pages
from hub.delivery.archive.store import Store
from hub.delivery.http import Caller
from hub.delivery.recall import recall
from hub.delivery.relay import Platform
from hub.issuing.local import LocalIssuer, charge_no_of, search_hashes
from hub.ledger.aad import document_aad
from hub.ledger.epochs import found, opening
from hub.ledger.epochs.copies import BillCopy
from hub.ledger.epochs.desk import Desk
from hub.ledger.epochs.entering import enter
from hub.ledger.reader import Reader
from hub.ledger.records import Issued
from hub.ledger.rules import UnitRules, rules_of
from hub.security.vault import Vault

Progress = Callable[[str, int, int], None]
_SUPERVISED: Final = b"SupervisorPartySignature"
SKIPPED: Final = "skipped"


@dataclass(frozen=True, slots=True)
class Restoring:
    """A ledger whose epoch is held, and what its steps need."""

    desk: Desk
    vault: Vault
    units: Sequence[UnitConfig]
    actor: str
    progress: Progress

    @property
    def rules(self) -> Mapping[str, UnitRules]:
        """What the ledger needs of the units."""
        return {unit.unit.id: rules_of(unit) for unit in self.units}

    def steps(self) -> dict[str, Any]:
        """What was done so far."""
        with self.desk.open() as look:
            held = opening.held(look)
        return dict(held["steps"]) if held is not None else {}

    def skip(self, step: str, reason: str) -> None:
        """A person's word that a step cannot be done."""
        self._note(step, {SKIPPED: reason})

    def read_archive(self, store: Store, secret: bytes, after: dict[str, Any] | None) -> dict[str, Any]:
        """Enters every bill the archive has behind the backup; what is to follow for their cases becomes due.

        Raises:
            Retry, Config: the archive is away, cut off, damaged or another's. Nothing of a segment is half entered.
        """
        done: dict[str, Any] = self.steps().get("archive", {})
        if done.get("read"):
            return done
        done = {"segment": 0, "bills": 0, "changed": 0, "messages": 0} | done
        total = max(store.last(), 1)
        for number, page in pages(store, secret, after):
            if number <= done["segment"]:
                continue
            with self.desk.open() as c:
                some = enter(c, page, self._hashes, self._awaits, _now())
                opening.move_on(c, page.last)
                done["segment"] = number
                for name in ("bills", "changed", "messages"):
                    done[name] += getattr(some, name)
                opening.note(c, "archive", done)
            self.progress("archive", number, total)
        with self.desk.open() as c:
            done["cases"] = opening.settle(c, self.rules, datetime.now(UTC))
            done["read"] = True
            opening.note(c, "archive", done)
            told = ", ".join(f"{name} {done[name]}" for name in ("bills", "changed", "messages"))
            opening.audit(c, _now(), self.actor, "epoch.archive", str(done["segment"]), told)
        self.progress("archive", total, total)
        return done

    async def ask_platforms(self, platforms: Mapping[str, Platform]) -> dict[str, Any]:
        """Asks each unit's platform about the numbers kept back; what it has and nobody here knows is kept.

        Raises:
            Retry, Unknown, Config, Reject: a platform is away, or cannot be asked; what was found so far stays found.
        """
        done: dict[str, Any] = self.steps().get("platform", {})
        if done.get("asked") is not None:
            return done
        with self.desk.open() as look:
            ranges = found.unknown_numbers(look)
        count = 0
        async with Caller() as caller:
            for n, (unit, code, first, last) in enumerate(ranges):
                self.progress("platform", n, len(ranges))
                if unit not in platforms:
                    continue
                async for number, xml in recall(caller, platforms[unit], code, first, last, lambda _number: True):
                    with self.desk.open() as c:
                        count += found.keep(c, unit, code, number, self.vault.seal(unit, found.FOUND_AAD, xml), _now())
        self.progress("platform", 1, 1)
        with self.desk.open() as c:
            done = {"asked": len(platforms), "found": len(found.finds(c))}
            opening.note(c, "platform", done)
            opening.audit(c, _now(), self.actor, "epoch.platform", str(len(platforms)), f"{done['found']} bills found")
        return done

    def finished(self, step: str, done: Mapping[str, Any]) -> None:
        """Keeps that a step is done, and what it came to."""
        self._note(step, done)

    def _note(self, step: str, done: Mapping[str, Any]) -> None:
        with self.desk.open() as c:
            opening.note(c, step, done)
            told = ", ".join(f"{name} {value}" for name, value in done.items())
            opening.audit(c, _now(), self.actor, f"epoch.{step}", "", told)

    def _hashes(self, copy: BillCopy) -> list[bytes]:
        unit, bill_id = copy.draft.unit, copy.draft.id
        bill = Bill.model_validate_json(self.vault.open(unit, document_aad(bill_id, "json"), copy.json))
        return [value for _kind, value in search_hashes(self.vault, unit, bill)]

    def _awaits(self, copy: BillCopy) -> bool:
        """One that was reversed before its countersignature came has it in its document only."""
        rules, draft = self.rules.get(copy.draft.unit), copy.draft
        if rules is None or not rules.countersigned:
            return False
        return _SUPERVISED not in self.vault.open(draft.unit, document_aad(draft.id, "xml"), copy.xml)


def matched(reader: Reader, issuer: LocalIssuer) -> list[Issued]:
    """Bills not issued here that the platform has already: what it has, as bills signed before."""
    finds = [(unit, xml) for unit, _code, _number, xml in reader.finds()]
    made: list[Issued] = []
    if not finds:
        return made
    charges = {charge_no_of(xml) for _unit, xml in finds}
    for work in reader.due_work(charges):
        for one in finds:
            adopted = issuer.adopt(work, one[1]) if one[0] == work.unit else None
            if adopted is not None:
                made.append(adopted)
                finds.remove(one)
                break
    return made


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
