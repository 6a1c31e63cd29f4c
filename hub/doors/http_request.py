"""One HTTP request as it arrives, between the reader that fills it and the connection that has it answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from hub.doors.http_target import Place
from hub.errors import Fault


class Request:
    """One request as it arrives; `complete` once its body has ended or it was refused."""

    # Defaults live on the class: a request sets only what differs, which makes making one cheap.
    method = b""
    path = b""
    query = b""
    version = "1.1"
    place: Place | None = None
    size = 0
    wire = 0
    buffered = 0
    body_since = 0.0
    keep = False
    expects = False
    complete = False
    started = False
    fault: Fault | None = None
    fatal = False
    wake: Callable[[], None] | None = None

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.headers = headers
        self.parts: list[bytes] = []
        self.fields: dict[str, str] = {}

    def take(self) -> bytes:
        """The body gathered since the last call."""
        parts = self.parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        self.parts = []
        self.buffered = 0
        return body


@lru_cache(maxsize=1024)
def _name(name: bytes) -> str:
    return name.decode("latin-1")


def joined(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; several of one name are joined as RFC 9110 5.3 allows."""
    made: dict[str, str] = {}
    for name, value in raw:
        key = _name(name)
        text = value.decode("latin-1")
        made[key] = f"{made[key]}, {text}" if key in made else text
    return made
