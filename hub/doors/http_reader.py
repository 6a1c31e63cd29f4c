"""Bytes → requests, by llhttp in its strict mode, plus what llhttp leaves open.

llhttp already refuses bare LF and CR, obs-fold, NUL, two lengths, length with chunked, and bad chunk sizes. Refused
here as well: a Transfer-Encoding other than exactly `chunked`, or on HTTP/1.0; no Host or two; any version but 1.0 and
1.1; CONNECT, TRACE and the protocols llhttp speaks besides HTTP. Trailers are counted and dropped, never made headers.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from typing import Final

import httptools

from hub.doors import faults
from hub.doors.http_limits import HttpLimits
from hub.doors.http_request import Request, joined
from hub.doors.http_target import is_authority, place_of, split_target
from hub.errors import Fault

SLICE: Final = 16 * 1024
"""Bytes parsed before limits are looked at again; bounds how many requests one read can make."""

_METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
_IN_METHODS: Final = frozenset({b"GET", b"POST"})


class RequestReader:
    """The callbacks of llhttp for one connection. Requests come out in `queue`; after a fatal one nothing is read."""

    # fmt: off
    __slots__ = (
        "_headers", "_limits", "_method", "_parser", "_raw", "_request", "_time", "_url", "head_since", "over", "queue",
    )
    # fmt: on

    def __init__(self, limits: HttpLimits, time: Callable[[], float]) -> None:
        self._limits = limits
        self._time = time
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._method = b""
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._raw = 0
        self._request: Request | None = None
        self.queue: deque[Request] = deque()
        self.head_since: float | None = None
        self.over = False
        """Nothing more is read: the last request was refused, or asked to close."""

    def close(self) -> None:
        """Breaks the cycle with the parser, so that a closed connection is freed at once."""
        self._parser = None
        self.over = True

    def feed(self, data: bytes) -> bytes:
        """Reads data; gives back what was left unread because enough requests are waiting."""
        size = len(data)
        position = 0
        most = max(2, self._limits.max_pipelined)  # of two, the first is whole, so the second can wait
        while position < size and not self.over:
            if len(self.queue) >= most:
                return data[position:]
            piece = data if size <= SLICE and not position else data[position : position + SLICE]
            position += self._feed(piece)
        return b""

    def refuse(self, fault: Fault) -> None:
        """Ends reading with a refusal, answered in its turn."""
        if self.over:
            return
        self.over = True
        request = self._request
        if request is None:
            request = Request([])
            self.queue.append(request)
        request.method = request.method or b"GET"
        request.fault, request.fatal, request.complete, request.keep = fault, True, True, False
        self.head_since = None
        self._request = None
        if request.wake is not None:
            request.wake()

    def _feed(self, piece: bytes) -> int:
        in_head = self.head_since is not None
        body_of = self._request
        parser = self._parser
        assert parser is not None
        try:
            parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade()
            return int(upgrade.args[0])
        except httptools.HttpParserError:
            self.refuse(faults.MALFORMED())
            return len(piece)
        if in_head and self.head_since is not None:
            self._raw += len(piece)  # a header without an end: llhttp reports whole ones only
            if self._raw > self._limits.max_head:
                self.refuse(faults.HEAD_LARGE())
        elif body_of is not None and body_of is self._request:
            body_of.wire += len(piece)
            if body_of.wire > self._limits.max_body * 9 // 8 + SLICE:
                self.refuse(faults.BODY_LARGE(limit=self._limits.max_body))
        return len(piece)

    def _ignore_upgrade(self) -> None:
        """Reads the head again without its offer of another protocol, which may be ignored (RFC 9110 7.8).

        Java's client offers h2c with every plain POST; llhttp would take the body for the other protocol's bytes.
        """
        self._parser = parser = httptools.HttpRequestParser(self)
        if self.over:
            return
        lines = [self._method + b" " + self._url + b" HTTP/1.1"]
        for name, value in self._headers:
            kept = value
            if name == b"connection":
                tokens = [token.strip() for token in value.split(b",")]
                kept = b", ".join(token for token in tokens if token.lower() not in (b"upgrade", b"http2-settings"))
            if name != b"upgrade" and (kept or not value):
                lines.append(name + b": " + kept)
        try:
            parser.feed_data(b"\r\n".join(lines) + b"\r\n\r\n")
        except httptools.HttpParserError:
            self.refuse(faults.MALFORMED())

    # What llhttp calls.

    def on_message_begin(self) -> None:
        """The first byte of a request line."""
        if self.over:
            return
        self.head_since = self._time()
        self._url = b""
        self._headers = []
        self._raw = 0

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        if self.over:
            return
        self._url += url
        if len(self._url) > self._limits.max_target:
            self.refuse(faults.TARGET_LONG())

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header, or a trailer."""
        if self.head_since is not None:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Everything that can be judged before the body is judged here."""
        if self.over:
            return
        parser = self._parser
        assert parser is not None
        self._method = parser.get_method()
        if parser.should_upgrade() and self._method != b"CONNECT" and parser.get_http_version() == "1.1":
            return  # `_ignore_upgrade` follows
        request = Request(self._headers)
        request.method = method = self._method
        request.version = version = parser.get_http_version()
        fault, length = self._judge(request, version)
        if fault is None and method not in _METHODS:
            fault = faults.METHOD()
        if fault is None and length > self._limits.max_body:
            fault = faults.BODY_LARGE(limit=self._limits.max_body)
        self.queue.append(request)
        self._request = request
        if fault is not None:
            if fault.code is faults.BODY_LARGE and method in _IN_METHODS:
                with contextlib.suppress(Fault):
                    request.place = place_of(split_target(self._url)[0])
            self.refuse(fault)
            return
        self.head_since = None
        request.body_since = self._time()
        request.keep = version == "1.1" and parser.should_keep_alive()
        try:
            request.path, request.query = split_target(self._url)
            request.place = place_of(request.path)
        except Fault as refused:
            request.fault = refused
        else:
            if request.place is not None and method not in _IN_METHODS:
                request.fault = faults.METHOD()

    def on_body(self, body: bytes) -> None:
        """A part of the body, chunk framing already gone."""
        request = self._request
        if request is None:
            return
        request.size += len(body)
        if request.size > self._limits.max_body:
            self.refuse(faults.BODY_LARGE(limit=self._limits.max_body))
            return
        if request.fault is None:
            request.parts.append(body)
            request.buffered += len(body)
            if request.wake is not None:
                request.wake()

    def on_message_complete(self) -> None:
        """The end of the body."""
        request = self._request
        if request is None:
            return
        self._request = None
        request.complete = True
        if not request.keep:
            self.over = True
        if request.wake is not None:
            request.wake()

    def _judge(self, request: Request, version: str) -> tuple[Fault | None, int]:
        """What is wrong with the head as a whole, and the length its body claims."""
        raw = request.headers
        size = sum([len(name) + len(value) + 4 for name, value in raw])
        if size + len(self._url) > self._limits.max_head or len(raw) > self._limits.max_headers:
            return faults.HEAD_LARGE(), 0
        request.fields = fields = joined(raw)
        if version == "1.1":
            host = fields.get("host", ",")
            coding = fields.get("transfer-encoding", "chunked")
            expect = fields.get("expect")
            # Two headers of one name are joined by a comma, which neither a host nor `chunked` has.
            if not is_authority(host) or coding.lower() != "chunked":
                return faults.MALFORMED(), 0
            if expect is not None:
                if expect.lower() != "100-continue":
                    return faults.EXPECTATION(), 0
                request.expects = True
        elif version != "1.0":
            return faults.HTTP_VERSION(), 0
        elif "transfer-encoding" in fields or not is_authority(fields.get("host", "")):
            return faults.MALFORMED(), 0
        return None, int(fields.get("content-length", 0))
