"""What is known of a batch while it is decided, whichever database it came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.flow.case import Case
from hub.ledger.records import BillDraft, FaultRecord


@dataclass(slots=True)
class Known:
    """A message seen before."""

    fingerprint: bytes
    place: str
    fault: FaultRecord | None
    case_id: str
    seq: int = 0


@dataclass(slots=True)
class Held:
    """A case in hand, with its bills."""

    case: Case
    unit: str
    status: str
    bills: list[BillDraft]
    fresh: bool = False


@dataclass(slots=True)
class Loaded:
    """What the database knows of a batch, and what the batch changes in it."""

    messages: dict[str, Known] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Held] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    """case that went into another → the other"""

    def home(self, case_id: str) -> str:
        """The case that stands for a case now."""
        while case_id in self.merged:
            case_id = self.merged[case_id]
        return case_id

    def find_message(self, id_: str) -> Known | None:
        """A message that need not have been asked for with the batch."""
        return self.messages.get(id_)
