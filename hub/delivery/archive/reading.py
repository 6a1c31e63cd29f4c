"""Reads an archive back, checking every link of the chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.delivery.archive.faults import BEHIND, GAP
from hub.delivery.archive.segment import NOTHING, unpack
from hub.delivery.archive.store import Store
from hub.ledger.epochs.copies import Page


def position(store: Store, secret: bytes) -> dict[str, Any]:
    """Where an archive ends: {segment, checksum, change}. Everything up to there is in any ledger read after this.

    Raises:
        Retry, Config: it is away, or its last segment is broken.
    """
    last = store.last()
    if last == 0:
        return {"segment": 0, "checksum": NOTHING.hex(), "change": 0}
    page, checksum = unpack(last, store.get(last) or b"", secret, None)
    return {"segment": last, "checksum": checksum.hex(), "change": page.last}


def pages(store: Store, secret: bytes, after: dict[str, Any] | None) -> Iterator[tuple[int, Page]]:
    """(number, page) of every segment behind a position, in order; of all segments where there is none.

    Raises:
        Retry: the archive is away.
        Config: a segment is missing, damaged, of another key, or the archive ends before that position.
    """
    number = int(after["segment"]) if after else 0
    checksum = bytes.fromhex(after["checksum"]) if after else NOTHING
    last = store.last()
    if last < number:
        raise BEHIND(found=last, wanted=number)
    if number:
        _page, found = unpack(number, store.get(number) or b"", secret, None)
        if found != checksum:
            raise GAP(segment=number)
    while number < last:
        number += 1
        data = store.get(number)
        if data is None:
            raise GAP(segment=number)
        page, checksum = unpack(number, data, secret, checksum)
        yield number, page
