"""What the core has done since it started: for the console, and in metrics."""

from __future__ import annotations

from dataclasses import dataclass

from hub.ledger.records import Batch, Result
from hub.metrics.catalogue import BATCH_MESSAGES, COMMIT_FAILURES, COMMIT_SECONDS, ISSUED, NOT_ISSUED, TAKEN


@dataclass(slots=True)
class Tally:
    """Batches committed, what was in them, and batches that failed."""

    batches: int = 0
    messages: int = 0
    issued: int = 0
    failures: int = 0
    largest: int = 0

    def committed(self, batch: Batch, result: Result, seconds: float) -> None:
        """A batch is in the ledger, after so many seconds."""
        if batch.submissions:
            BATCH_MESSAGES.observe(len(batch.submissions))
            COMMIT_SECONDS.observe(seconds)
            for verdict in result.verdicts:
                TAKEN.add(1, verdict.place)
        ISSUED.add(len(result.issued))
        for bill in batch.not_issued:
            NOT_ISSUED.add(1, bill.fault.code)
        self.batches += 1
        self.messages += len(batch.submissions)
        self.issued += len(batch.issued)
        self.largest = max(self.largest, len(batch.submissions))

    def refused(self, code: str) -> None:
        """The database did not take a batch, by the fault of this code."""
        self.failures += 1
        COMMIT_FAILURES.add(1, code)

    def failed(self) -> None:
        """The program failed on a batch."""
        self.failures += 1
