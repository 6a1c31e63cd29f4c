"""MLLP framing: 0x0B message 0x1C 0x0D, read leniently where senders are known to be sloppy.

What is accepted, and decided by the bytes alone, so that the same bytes in any pieces give the same messages:
    junk before 0x0B            skipped and counted; blanks (CR, LF) are not even junk
    0x1C 0x0B                   an end whose 0x0D is missing
    0x1C, other byte            part of the message: cutting here could make half a message look whole
    0x0B MSH inside a message   the sender began again (FHS, BHS too); the half before it is dropped and counted
Two things only silence or the end of the connection can tell, and `rest` tells the caller: a last 0x1C (or 0x1C 0x0A)
with nothing behind it is an end; bytes without any 0x0B are no message, because nobody knows where they would end.
"""

from __future__ import annotations

import re
from typing import Final, Literal

START: Final = 0x0B
_FINISH: Final = re.compile(rb"\x1c[\r\x0b]")
_AGAIN: Final = re.compile(rb"\x0b(?=MSH|FHS|BHS)")
_OPEN_END: Final = re.compile(rb"\x1c\n?\Z")
_BLANK: Final = b"\r\n\x00 \t"

Rest = Literal["nothing", "ended", "half", "junk"]


class Frames:
    """Collects what arrives on one connection and cuts messages out of it."""

    __slots__ = ("_buffer", "_scanned", "halves", "junk")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self.junk = 0
        """Bytes skipped so far that belonged to no message."""
        self.halves = 0

    def feed(self, data: bytes) -> None:
        """Adds bytes."""
        self._buffer += data

    def next(self) -> bytes | None:
        """The next whole message, or None until more arrives."""
        buffer = self._buffer
        if not self._at_start():
            return None
        found = _FINISH.search(buffer, max(1, self._scanned))
        if found is None:
            self._scanned = max(1, len(buffer) - 1)
            return None
        # The 0x0B that showed the end is the next message's start.
        return self._cut(found.start(), found.start() + (2 if buffer[found.start() + 1] == 0x0D else 1))

    def take_ended(self) -> bytes | None:
        """The message whose end is a last 0x1C, once the line has been silent."""
        if not self._at_start() or len(self._buffer) < 2:
            return None
        found = _OPEN_END.search(self._buffer, max(1, len(self._buffer) - 2))
        return None if found is None else self._cut(found.start(), len(self._buffer))

    @property
    def rest(self) -> Rest:
        """What is in hand and not a whole message."""
        buffer = self._buffer
        if not buffer or (buffer[0] != START and not buffer.strip(_BLANK)):
            return "nothing"
        if buffer[0] != START:
            return "junk"
        return "ended" if _OPEN_END.search(buffer, max(1, len(buffer) - 2)) else "half"

    @property
    def size(self) -> int:
        """Bytes in hand."""
        return len(self._buffer)

    def head(self, size: int) -> bytes:
        """The beginning of what is in hand, without the start byte."""
        begin = 1 if self._buffer[:1] == b"\x0b" else 0
        return bytes(self._buffer[begin : begin + size])

    def _at_start(self) -> bool:
        """Skips junk; False while no message has begun (the beginning of the junk stays in hand, to show and keep)."""
        buffer = self._buffer
        if buffer and buffer[0] == START:
            return True
        start = buffer.find(START)
        if start < 0:
            if not buffer.strip(_BLANK):
                buffer.clear()
            return False
        self.junk += len(buffer[:start].strip(_BLANK))
        del buffer[:start]
        self._scanned = 0
        return True

    def _cut(self, end: int, after: int) -> bytes:
        buffer = self._buffer
        with memoryview(buffer) as view:
            message = bytes(view[1:end])
        del buffer[:after]
        self._scanned = 0
        if START in message:
            *halves, message = _AGAIN.split(message)
            self.halves += len(halves)
        return message
