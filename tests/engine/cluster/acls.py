"""Grants rights on a broker: CreateAcls, version 1, by hand, for the client library has no words for it."""

from __future__ import annotations

import socket
import struct

_RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
_OPERATIONS = {"read": 3, "write": 4, "create": 5, "describe": 8, "describe_configs": 10}
_PREFIXED, _ALLOW = 4, 3


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def allow(port: int, user: str, resource: str, prefix: str, operation: str) -> None:
    """Lets a user do something with everything whose name begins so."""
    grant = struct.pack(">b", _RESOURCES[resource]) + _text(prefix) + struct.pack(">b", _PREFIXED)
    grant += _text(f"User:{user}") + _text("*") + struct.pack(">bb", _OPERATIONS[operation], _ALLOW)
    body = struct.pack(">hhi", 30, 1, 0) + _text("") + struct.pack(">i", 1) + grant
    with socket.create_connection(("127.0.0.1", port), 10) as line, line.makefile("rb") as answers:
        line.sendall(struct.pack(">i", len(body)) + body)
        (length,) = struct.unpack(">i", answers.read(4))
        _, _throttled, count, code = struct.unpack_from(">iiih", answers.read(length))
    assert (count, code) == (1, 0), code
