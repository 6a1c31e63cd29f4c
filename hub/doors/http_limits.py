"""What an HTTP sender may take of us: sizes in bytes, times in seconds. Enforced before any adapter is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """The limits of one HTTP door; the defaults suit hospitals' and banks' senders."""

    max_target: int = 8 * 1024
    """Request target; longer → 414."""
    max_head: int = 32 * 1024
    """Request line and headers together; larger → 431."""
    max_headers: int = 100
    max_body: int = 16 * 1024 * 1024
    """Larger → 413, at the Content-Length already where there is one. Chunk framing may add an eighth, no more."""
    head_seconds: float = 10.0
    """From the first byte of a request to the end of its headers; slower → 408."""
    body_seconds: float = 60.0
    """From the end of the headers to the end of the body; slower → 408."""
    idle_seconds: float = 75.0
    """A kept connection without a request is closed."""
    write_seconds: float = 30.0
    """A peer that does not read its answers is cut."""
    linger_seconds: float = 2.0
    """After a refusal: how long what is still being sent is thrown away, so that the peer can read why."""
    max_connections: int = 2000
    """More → 503; beyond twice as many the connection is cut without a word."""
    max_buffered: int = 256 * 1024 * 1024
    """Bodies being received or waiting, of all connections together; a body that would grow beyond it → 503."""
    max_pipelined: int = 16
    """Requests read ahead on one connection; then reading stops until one is answered."""
    backlog: int = 1024
