"""What becomes of records that cannot be taken as they are: they are kept, with a code, and nothing waits behind them.

A newer release's message was acknowledged to its sender: it parks, whole, and is replayed after the upgrade. Bytes that
no hub wrote are refused, and kept whole too, for they are evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec

from hub.adapter import Delivery
from hub.engine.cluster.faults import NEWER_EVENT, UNREADABLE
from hub.engine.cluster.records import SCHEMA, Garbage, Newer, encode, unpack
from hub.engine.envelope import pack
from hub.engine.intake import digest, utc_text
from hub.ledger import aad
from hub.ledger.faults import DEFECT
from hub.ledger.records import Submission, record
from hub.security.vault import Vault
from hub.tracing.contexts import Headers

NOBODY: Final = "-"
"""The unit of what no hub wrote: no unit can be called so."""
SOURCE: Final = "kafka"
_NOBODY_KNOWS: Final = datetime.fromtimestamp(0, UTC)
"""When a sender sent it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Kafka message lies; for ever the same, so that what is made of it has the same id each time."""

    topic: str
    partition: int
    offset: int
    headers: Headers | Mapping[str, bytes] | None = field(default=None, compare=False, repr=False)


def submissions_of(message: bytes | None, place: Place, vault: Vault, now: datetime) -> list[Submission]:
    """Everything a Kafka message holds as submissions; never fails."""
    made: list[Submission] = []
    for index, found in enumerate(unpack(message)):
        if isinstance(found, Newer):
            made.append(_parked(found))
        elif isinstance(found, Garbage):
            made.append(_refused(found, place, index, vault, now))
        else:
            made.append(found)
    return made


def set_aside(submission: Submission, error: Exception) -> Submission:
    """A submission on which the program failed: without its events it parks."""
    fault = submission.fault or record(DEFECT(found=type(error).__name__))
    place = "refused" if submission.place == "refused" else "parked"
    return msgspec.structs.replace(submission, place=place, fault=fault, events=[], question=None)


def as_garbage(submission: Submission, vault: Vault, now: datetime) -> Submission:
    """A submission whose own fields cannot be stored: it is refused whole, as what no hub would have written."""
    found = encode(submission)
    what = hashlib.sha256(found).digest()
    return _kept(found, what.hex()[:32], SOURCE, "", vault, now)


def _parked(found: Newer) -> Submission:
    head = found.head
    return Submission(
        id=head.id,
        unit=head.unit,
        source=head.source,
        at=head.at,
        fingerprint=head.fingerprint,
        body=head.body,
        place="parked",
        fault=record(NEWER_EVENT(found=found.schema, known=SCHEMA)),
    )


def _refused(found: Garbage, place: Place, index: int, vault: Vault, now: datetime) -> Submission:
    id_ = digest(place.topic, str(place.partition), str(place.offset), str(index))
    where = f"{place.topic}-{place.partition}@{place.offset}"
    return _kept(found.found, id_, place.topic, where, vault, now)


def _kept(found: bytes, id_: str, topic: str, where: str, vault: Vault, now: datetime) -> Submission:
    """Sealed alike each time, by which the ledger knows what it has; another place is another record."""
    came = Delivery(found, _NOBODY_KNOWS, name=id_)
    return Submission(
        id=id_,
        unit=NOBODY,
        source=SOURCE,
        at=utc_text(now),
        fingerprint=hashlib.sha256(found).digest(),
        body=vault.seal_alike(NOBODY, aad.REFUSED, pack(came, found)),
        place="refused",
        fault=record(UNREADABLE(where, topic=topic)),
    )
