"""A message as the journal keeps it: its exact bytes, and just enough of how they came to read them again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from hub.adapter import Delivery

KEPT_HEADERS: Final = frozenset({"content-type", "content-disposition"})
"""Headers an adapter may need to read the body; the others may hold secrets, and are not kept."""


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """How a message came."""

    body: bytes
    received_at: datetime
    door: str = "http"
    method: str = "POST"
    path: str = ""
    query: str = ""
    headers: dict[str, str] = {}
    name: str = ""


def pack(delivery: Delivery, body: bytes) -> bytes:
    """One message of a delivery, ready to be sealed."""
    headers = {name: value for name, value in delivery.headers.items() if name in KEPT_HEADERS}
    made = Envelope(
        body,
        delivery.received_at,
        delivery.door,
        delivery.method,
        delivery.path,
        delivery.query,
        headers,
        delivery.name,
    )
    return msgspec.msgpack.encode(made)


def unpack(kept: bytes) -> Delivery:
    """The delivery a kept message can be read from again."""
    found = msgspec.msgpack.decode(kept, type=Envelope)
    return Delivery(
        body=found.body,
        received_at=found.received_at,
        door=found.door,  # type: ignore[arg-type]
        method=found.method,
        path=found.path,
        query=found.query,
        headers=found.headers,
        name=found.name,
    )
