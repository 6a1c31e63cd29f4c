"""Grants rights on a broker and takes them back: by hand, for the client library has no words for it."""

from __future__ import annotations

import socket
import struct
import time

_RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
_OPERATIONS = {"read": 3, "write": 4, "create": 5, "describe": 8, "describe_configs": 10}
_PREFIXED, _ALLOW = 4, 3
_DESCRIBE, _CREATE, _DELETE = 29, 30, 31
_ONE = struct.pack(">i", 1)


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def allow(port: int, user: str, resource: str, prefix: str, operation: str) -> None:
    """Lets a user do something with everything whose name begins so."""
    right = _right(user, resource, prefix, operation)
    _, _throttled, count, code = struct.unpack_from(">iiih", _ask(port, _CREATE, _ONE + right))
    assert (count, code) == (1, 0), code
    _until(port, right, there=True)


def revoke(port: int, user: str, resource: str, prefix: str, operation: str) -> None:
    """Takes back what was allowed."""
    right = _right(user, resource, prefix, operation)
    _, _throttled, count, code, _message, matched = struct.unpack_from(">iiihhi", _ask(port, _DELETE, _ONE + right))
    assert (count, code, matched) == (1, 0, 1), (code, matched)
    _until(port, right, there=False)


def _until(port: int, right: bytes, *, there: bool) -> None:
    """The controller keeps a right, and the broker learns of it a moment later."""
    end = time.monotonic() + 60
    while True:
        _, _throttled, code, _message, found = struct.unpack_from(">iihhi", _ask(port, _DESCRIBE, right))
        assert code == 0
        if bool(found) == there:
            return
        assert time.monotonic() < end, "the broker does not learn of a right"
        time.sleep(0.05)


def _right(user: str, resource: str, prefix: str, operation: str) -> bytes:
    """A right, in the same bytes for all three questions."""
    what = struct.pack(">b", _RESOURCES[resource]) + _text(prefix) + struct.pack(">b", _PREFIXED)
    return what + _text(f"User:{user}") + _text("*") + struct.pack(">bb", _OPERATIONS[operation], _ALLOW)


def _ask(port: int, question: int, what: bytes) -> bytes:
    body = struct.pack(">hhi", question, 1, 0) + _text("") + what
    with socket.create_connection(("127.0.0.1", port), 10) as line, line.makefile("rb") as answers:
        line.sendall(struct.pack(">i", len(body)) + body)
        (length,) = struct.unpack(">i", answers.read(4))
        return answers.read(length)
