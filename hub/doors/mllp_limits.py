"""What an MLLP sender may take of us: sizes in bytes, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MllpLimits:
    """The limits of one MLLP door; the defaults suit hospitals' interface engines."""

    max_frame: int = 4 * 1024 * 1024
    max_junk: int = 64 * 1024
    """Bytes outside any frame, at one time; more is refused and the connection closed."""
    frame_seconds: float = 30.0
    """From the first byte of a frame (or of junk) to its end."""
    tail_seconds: float = 0.5
    """Silence after a 0x1C without 0x0D that makes it an end."""
    junk_seconds: float = 2.0
    """Silence after bytes outside any frame that makes them a wrong sender's, and has them answered."""
    idle_seconds: float = 900.0
    write_seconds: float = 30.0
    retry_seconds: float = 0.05
    """First wait before a message is offered again to a busy hub; doubles up to `retry_most_seconds`."""
    retry_most_seconds: float = 2.0
    max_connections: int = 500
    backlog: int = 512
