"""Tells listeners what became durable, in the transaction that makes it so: verdicts, and bills that are due no more.

A payload has at most 8000 bytes, so many are told in several, and a verdict too long for one only by its message's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from hub.ledger.postgres.pool import Connection
from hub.ledger.records import Submission, Verdict

VERDICTS: Final = "billhub_verdicts"
SETTLED: Final = "billhub_settled"
_LIMIT: Final = 7900
_TELL: Final = "SELECT pg_notify(n.channel, n.payload) FROM unnest($1::text[], $2::text[]) n (channel, payload)"

Told = tuple[str, str, Verdict | None]
"""(message id, the first of its fingerprint in hex, the verdict or None where it has to be asked for)"""
_decoder: Final = msgspec.json.Decoder(Told)


async def tell(
    connection: Connection,
    taken: Iterable[tuple[Submission, Verdict]] = (),
    settled: Sequence[str] = (),
) -> None:
    """Tells, once the transaction is committed, verdicts that somebody waits for, and bills that are settled."""
    told = [
        (VERDICTS, payload) for payload in _packed([verdict_payload(*one) for one in taken if _waits(one[0])], "\n")
    ]
    told += [(SETTLED, payload) for payload in _packed(settled, " ")]
    if told:
        await connection.execute(_TELL, [channel for channel, _ in told], [payload for _, payload in told])


def _waits(submission: Submission) -> bool:
    return submission.answer != "durable" and submission.place != "refused"


def verdict_payload(submission: Submission, verdict: Verdict) -> str:
    """One verdict as it is told: a line of JSON without a line feed in it."""
    mark = submission.fingerprint.hex()[:16]
    whole = msgspec.json.encode((submission.id, mark, verdict))
    if len(whole) > _LIMIT:
        whole = msgspec.json.encode((submission.id, mark, None))
    return whole.decode()


def verdicts_told(payload: str) -> list[Told]:
    """The verdicts in a payload."""
    return [_decoder.decode(line) for line in payload.split("\n")]


def _packed(parts: Sequence[str], between: str) -> list[str]:
    packed: list[str] = []
    size = _LIMIT
    for part in parts:
        size += len(part.encode()) + 1
        if size > _LIMIT:
            packed.append(part)
            size = len(part.encode())
        else:
            packed[-1] += between + part
    return packed
