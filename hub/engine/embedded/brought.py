"""What issuers and the platform brought, until a batch takes it in; a batch that was rolled back gives it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.ledger.records import Batch, Confirmed, Issued, NotIssued, Submission


@dataclass(slots=True)
class Brought:
    """Signed bills, bills that could not be signed, and the supervisor's signatures; each in the order they came."""

    _issued: list[Issued] = field(default_factory=list)
    _not_issued: list[NotIssued] = field(default_factory=list)
    _confirmed: list[Confirmed] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._issued or self._not_issued or self._confirmed)

    @property
    def signed(self) -> list[str]:
        """The bills that are signed and not in the ledger yet."""
        return [bill.bill_id for bill in self._issued]

    def add(
        self,
        issued: Sequence[Issued] = (),
        not_issued: Sequence[NotIssued] = (),
        confirmed: Sequence[Confirmed] = (),
    ) -> None:
        """More came in."""
        self._issued.extend(issued)
        self._not_issued.extend(not_issued)
        self._confirmed.extend(confirmed)

    def take(self, submissions: list[Submission]) -> Batch:
        """A batch of these messages and of all that is here."""
        batch = Batch(submissions, self._issued, self._not_issued, self._confirmed)
        self._issued, self._not_issued, self._confirmed = [], [], []
        return batch

    def put_back(self, batch: Batch) -> None:
        """What a batch had from here is first in the next one."""
        self._issued = batch.issued + self._issued
        self._not_issued = batch.not_issued + self._not_issued
        self._confirmed = batch.confirmed + self._confirmed
