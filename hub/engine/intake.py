"""From bytes to submissions: the adapter reads, the mappings translate, documents are sealed. Shared by both engines.

Runs in the door processes, so that the process that owns the database handles neither bytes nor persons.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from hub.adapter import AnswerPoint, Asker, Bills, Delivery, Manifest, Message, Outcome, Server, Source
from hub.bill.bill import Bill
from hub.config import UnitConfig
from hub.doors.faults import NO_SUCH_SOURCE
from hub.doors.handler import ENDS
from hub.engine.envelope import pack
from hub.engine.faults import NOT_A_SOURCE, TOO_MANY
from hub.engine.refusals import Kept
from hub.errors import Fault, Park, Reject, describe, fault_from
from hub.flow.facts import facts_of
from hub.ledger import aad, ids
from hub.ledger import faults as ledger_faults
from hub.ledger.records import EventIn, FaultRecord, Submission, Verdict, record
from hub.mapping import Mapping as Translation
from hub.mapping import load_mapping, run_first_matching
from hub.registry import adapter, bind, mapping_path
from hub.security.vault import Vault

log = logging.getLogger("billhub.intake")

MAX_MESSAGES: Final = 50_000
"""Messages one delivery may hold."""

KEPT_OF_REFUSED: Final = 256 * 1024
"""How many bytes of a refused delivery are kept."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A configured source, ready to read."""

    unit: str
    name: str
    source: Source
    server: Server | None
    """the source, where it serves"""
    asker: Asker | None
    """the source, where it asks"""
    manifest: Manifest
    translations: tuple[Translation, ...]
    revision: str
    bill: str
    kinds: Mapping[str, str]
    """bill of the unit's YAML → its kind; `""`: the source's own bill"""
    trusts: frozenset[str] | Literal["all"]
    answer: AnswerPoint
    answer_seconds: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery on its way: its messages, and what the ledger shall take in, pairwise."""

    messages: tuple[Message, ...]
    submissions: tuple[Submission, ...]
    fault: Fault | None = None


class Intake:
    """All sources of all units."""

    def __init__(self, units: Sequence[UnitConfig], vault: Vault, kept: Kept | None = None) -> None:
        """Binds every source; `kept` counts the refused bodies that are kept, and lives longer than a configuration.

        Raises:
            Config: an unknown adapter, a wrong setting, a mapping that does not compile.
        """
        self._vault = vault
        self._kept = kept or Kept()
        self.sources: dict[str, Bound] = {
            f"{unit.unit.id}/{name}": bind_source(unit, name) for unit in units for name in unit.sources
        }

    def bound(self, source: str) -> Bound:
        """A source by "unit/source".

        Raises:
            Reject: there is none.
        """
        found = self.sources.get(source)
        if found is None:
            raise NO_SUCH_SOURCE()
        return found

    def question(self, bound: Bound, delivery: Delivery) -> Server | None:
        """The source as a server, where the delivery is a question about bills rather than a message."""
        return bound.server if bound.server is not None and bound.server.serves(delivery) else None

    def take(self, bound: Bound, delivery: Delivery) -> Taken:
        """Reads and translates a delivery; whatever is wrong with it becomes a refused or parked submission."""
        try:
            messages = tuple(bound.source.read(delivery))
            if len(messages) > MAX_MESSAGES:
                raise TOO_MANY(count=len(messages), most=MAX_MESSAGES)
        except Fault as fault:
            return Taken((), (self.refused(bound, delivery, delivery.body, fault),), fault)
        except BaseException as error:  # an adapter's defect, a Rust library's panic too, costs its own message only
            if isinstance(error, ENDS):
                raise
            log.error(  # noqa: TRY400  (a traceback may quote the message)
                "%s/%s: the adapter failed: %s", bound.unit, bound.name, describe(error)
            )
            defect = ledger_faults.DEFECT(found=type(error).__name__)
            return Taken((), (self.refused(bound, delivery, delivery.body, defect),), defect)
        return Taken(messages, tuple(self._submission(bound, delivery, message) for message in messages))

    def translate(self, bound: Bound, delivery: Delivery, messages: Sequence[Message]) -> list[Submission]:
        """Messages that did not come in through a door (an answer to a question) as submissions."""
        return [self._submission(bound, delivery, message) for message in messages]

    def _submission(self, bound: Bound, delivery: Delivery, message: Message) -> Submission:
        if message.fault is not None and not isinstance(message.fault, Park):
            return self.refused(bound, delivery, message.body, message.fault)
        identity = message.identity or hashlib.sha256(message.body).hexdigest()
        id_ = digest(bound.unit, bound.name, identity)
        events: list[EventIn] = []
        fault: FaultRecord | None = None
        question = None
        try:
            if message.fault is not None:
                raise message.fault
            made = run_first_matching(bound.translations, message.tree, delivery.received_at, bound.kinds)
            for index, event in enumerate(made.events):
                event_id = ids.event_id(id_, index)
                fact = facts_of(
                    event,
                    event_id=event_id,
                    source=bound.name,
                    bill=bound.bill,
                    trusted_channels=bound.trusts,
                )
                body = self._vault.seal(bound.unit, aad.event_aad(event_id), event.to_json())
                events.append(EventIn(event_id, fact, body))
            if bound.asker is not None:
                asked = bound.asker.question(message)
                question = asked.model_dump() if asked else None
        except Reject as error:
            return self.refused(bound, delivery, message.body, error)
        except Fault as error:
            fault, events = record(error), []
        except BaseException as error:  # a defect costs its own message only
            if isinstance(error, ENDS):
                raise
            log.error(  # noqa: TRY400  (a traceback may quote the message)
                "%s/%s: message %s: %s", bound.unit, bound.name, id_, describe(error)
            )
            fault, events = record(ledger_faults.DEFECT(found=type(error).__name__)), []
        return Submission(
            id=id_,
            unit=bound.unit,
            source=bound.name,
            at=utc_text(delivery.received_at),
            fingerprint=message.fingerprint,
            body=self._vault.seal(bound.unit, aad.message_aad(message.fingerprint), pack(delivery, message.body)),
            kind=message.kind[:64],
            identity=identity[:200],
            revision=bound.revision,
            events=events,
            place="parked" if fault else "applied",
            fault=fault,
            answer=bound.answer,
            question=question,
        )

    def refused(self, bound: Bound, delivery: Delivery, body: bytes, fault: Fault) -> Submission:
        """A delivery, or a message of one, that is refused: kept within limits of size and number, with the reason."""
        most = KEPT_OF_REFUSED if self._kept.one_more(bound.unit, bound.name, delivery.received_at) else 0
        id_ = digest(bound.unit, bound.name, utc_text(delivery.received_at), hashlib.sha256(body).hexdigest())
        return Submission(
            id=id_,
            unit=bound.unit,
            source=bound.name,
            at=utc_text(delivery.received_at),
            fingerprint=b"",
            body=self._vault.seal(bound.unit, aad.REFUSED, pack(delivery, body[:most])),
            place="refused",
            fault=record(fault),
        )


def digest(*parts: str) -> str:
    """An id of 32 hex digits made of the parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def utc_text(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def bind_source(unit: UnitConfig, name: str) -> Bound:
    """A source of a unit's YAML with its adapter connected and its mappings compiled.

    Raises:
        Config: an unknown adapter or setting, a mapping that does not compile, or an insurer's dialect, which is
            served under /api/v1 behind a key and never at a message door.
    """
    section = unit.sources[name]
    if section.adapter.startswith("insurance/"):
        raise NOT_A_SOURCE(f"sources.{name}.adapter", adapter=section.adapter)
    spec = adapter(section.adapter)
    raw = dict(section.settings)
    if section.charset is not None:
        raw.setdefault("charset", section.charset)
    source = spec.connect(bind(spec, raw, unit.folder))
    folders: tuple[Path, ...] = (unit.folder / "mappings",)
    translations = tuple(load_mapping(mapping_path(path, folders)) for path in section.mappings)
    trusts = section.trusts if section.trusts is not None else spec.manifest.trusts
    own_bill = unit.bill_of(name)
    kinds = {bill: made.kind for bill, made in unit.bills.items()}
    if own_bill:
        kinds[""] = kinds[own_bill]
    return Bound(
        unit=unit.unit.id,
        name=name,
        source=source,
        server=source if isinstance(source, Server) else None,
        asker=source if isinstance(source, Asker) else None,
        manifest=spec.manifest,
        translations=translations,
        revision=" ".join(f"{item.name}@{item.revision}" for item in translations),
        bill=own_bill,
        kinds=kinds,
        trusts="all" if "all" in trusts else frozenset(trusts),
        answer=section.answer or spec.manifest.answers,
        answer_seconds=section.answer_seconds,
    )


def outcomes(
    taken: Taken, verdicts: Sequence[Verdict], bills: Callable[[Sequence[str]], Mapping[str, Bill]]
) -> list[tuple[Message, Outcome]]:
    """Verdicts as adapters see them; `bills` looks issued bills up by id, for senders who expect one in the answer."""
    made: list[tuple[Message, Outcome]] = []
    for message, submission, verdict in zip(taken.messages, taken.submissions, verdicts, strict=True):
        fault = fault_from(verdict.fault.code, verdict.fault.where, **verdict.fault.values) if verdict.fault else None
        blue = red = None
        if submission.answer == "issued" and verdict.bills:
            for bill in bills(verdict.bills).values():
                if bill.face == "red":
                    red = bill
                elif bill.status in {"issued", "issued_offline", "confirmed"} or blue is None:
                    blue = bill
        made.append((message, Outcome(verdict.place, fault, blue, red)))
    return made


__all__ = ["Bills", "Bound", "Intake", "Taken", "bind_source", "digest", "outcomes", "utc_text"]
