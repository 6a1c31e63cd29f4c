"""What a Kafka message holds: submissions of one partition, packed, each with the version of its schema.

    [FORMAT, [[SCHEMA, submission], …]]          MessagePack; a submission is `hub.ledger.records.Submission`

Bodies are sealed by whoever made them, so Kafka never holds a person in the clear. A later release may add fields to
the end of a submission under the same schema; anything else is a new schema. Of every schema the first six fields (id,
unit, source, time, fingerprint, sealed message) stay as they are: what an older release cannot understand it can still
keep and name.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from hub.ledger.records import Submission

FORMAT: Final = 1
"""How submissions are packed into a message."""

SCHEMA: Final = 1
"""How a submission is written."""

_HEAD: Final = bytes((0x92, FORMAT, 0xDD))
"""A list of two: the format, and a list whose length follows in four bytes."""
_NOT_A_CASE: Final = "trade"
"""A payment's own number comes first among its keys and brings nothing together that lies elsewhere."""

_WRONG: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_ENCODER: Final = msgspec.msgpack.Encoder()
_ALL: Final = msgspec.msgpack.Decoder(tuple[int, list[tuple[int, Submission]]])
_EACH: Final = msgspec.msgpack.Decoder(tuple[int, list[msgspec.Raw]])
_ONE: Final = msgspec.msgpack.Decoder(tuple[int, Submission])
_LATER: Final = msgspec.msgpack.Decoder(tuple[int, msgspec.Raw])


class Head(msgspec.Struct, frozen=True, array_like=True):
    """The six fields that every schema begins with."""

    id: str
    unit: str
    source: str
    at: str
    fingerprint: bytes
    body: bytes


_HEADS: Final = msgspec.msgpack.Decoder(Head)


class Newer(msgspec.Struct, frozen=True):
    """A submission of a schema that this release does not know."""

    schema: int
    head: Head


class Garbage(msgspec.Struct, frozen=True):
    """Bytes that no hub wrote."""

    found: bytes


def encode(submission: Submission) -> bytes:
    """One submission, to be packed with others."""
    return _ENCODER.encode((SCHEMA, submission))


def pack(encoded: Sequence[bytes]) -> bytes:
    """A message of submissions, in their order."""
    return _HEAD + len(encoded).to_bytes(4, "big") + b"".join(encoded)


OVERHEAD: Final = len(pack(()))
"""Bytes of a message beyond its submissions."""


def unpack(message: bytes | None) -> Sequence[Submission | Newer | Garbage]:
    """What a message holds, in its order; whatever it is, this never fails."""
    try:
        format_, found = _ALL.decode(message or b"")
        if format_ == FORMAT and all(schema == SCHEMA for schema, _ in found):
            return [submission for _, submission in found]
    except _WRONG:
        pass
    return _one_by_one(message or b"")


def _one_by_one(message: bytes) -> list[Submission | Newer | Garbage]:
    """The slow way, for a message in which something is wrong: only that is set aside."""
    try:
        format_, items = _EACH.decode(message)
    except _WRONG:
        return [Garbage(message)]
    if format_ != FORMAT:
        return [Garbage(message)]
    return [_read(bytes(item)) for item in items]


def _read(item: bytes) -> Submission | Newer | Garbage:
    try:
        schema, rest = _LATER.decode(item)
        if schema > SCHEMA:
            return Newer(schema, _HEADS.decode(rest))
        if schema == SCHEMA:
            return _ONE.decode(item)[1]
    except _WRONG:
        pass
    return Garbage(item)


def partition_of(submission: Submission, partitions: int, spread: int = 0) -> int:
    """Where a submission goes: by its case's first key, so that what belongs together is mostly judged by one worker.

    A unit has `spread` partitions next to each other, all of them where it is 0: however much it sends, what waits on
    the others is not behind it.

    Nothing depends on it but speed: the ledger holds whatever order and place events come in.
    """
    for event in submission.events:
        for kind, value in event.fact["keys"]:
            if kind != _NOT_A_CASE:
                return _within(submission.unit, f"{submission.unit}\x1f{kind}\x1f{value}", partitions, spread)
    return _within(submission.unit, submission.id, partitions, spread)


def _within(unit: str, key: str, partitions: int, spread: int) -> int:
    mine = zlib.crc32(key.encode())
    if not 0 < spread < partitions:
        return mine % partitions
    return (zlib.crc32(unit.encode()) + mine % spread) % partitions
