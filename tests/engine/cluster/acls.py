"""Grants rights on a broker and takes them back: by hand, for the client library has no words for it."""

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
    _, _throttled, count, code = struct.unpack_from(">iiih", _ask(port, 30, user, resource, prefix, operation))
    assert (count, code) == (1, 0), code


def revoke(port: int, user: str, resource: str, prefix: str, operation: str) -> None:
    """Takes back what was allowed."""
    answer = _ask(port, 31, user, resource, prefix, operation)
    _, _throttled, count, code, _message, matched = struct.unpack_from(">iiihhi", answer)
    assert (count, code, matched) == (1, 0, 1), (code, matched)


def _ask(port: int, question: int, user: str, resource: str, prefix: str, operation: str) -> bytes:
    """CreateAcls (30) and DeleteAcls (31) name a right in the same bytes."""
    right = struct.pack(">b", _RESOURCES[resource]) + _text(prefix) + struct.pack(">b", _PREFIXED)
    right += _text(f"User:{user}") + _text("*") + struct.pack(">bb", _OPERATIONS[operation], _ALLOW)
    body = struct.pack(">hhi", question, 1, 0) + _text("") + struct.pack(">i", 1) + right
    with socket.create_connection(("127.0.0.1", port), 10) as line, line.makefile("rb") as answers:
        line.sendall(struct.pack(">i", len(body)) + body)
        (length,) = struct.unpack(">i", answers.read(4))
        return answers.read(length)
