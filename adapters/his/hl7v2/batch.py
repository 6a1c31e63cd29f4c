"""A delivery → its messages, still bytes: one, several one after another, or an FHS/BHS … BTS/FTS batch.

Cut at line ends on bytes, since each message may name its own character set; CR, LF, VT and FS are never part of a Han
character in UTF-8, GB18030 or Big5. UTF-16 and UTF-32 deliveries are turned into UTF-8 first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from adapters.his.hl7v2.faults import BATCH_COUNT, BATCH_CUT, BATCH_ORDER, NO_HEADER
from hub.errors import Fault

_MARK: Final = re.compile(rb"(?:\A|(?<=[\r\n\x0b\x1c]))(?:\xef\xbb\xbf|[ \t])*(MSH|FHS|BHS|BTS|FTS)(?![0-9A-Za-z])")
_BLANK: Final = b" \t\r\n\x0b\x1c"
_ENVELOPE: Final = frozenset({b"FHS", b"BHS", b"BTS", b"FTS"})
_LINE: Final = re.compile(rb"[\r\n\x0b\x1c]")
_PLAIN: Final = re.compile(rb"[0-9A-Za-z_.:/-]{1,50}")


@dataclass(slots=True)
class Block:
    """What a delivery holds."""

    messages: list[bytes] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    """What is wrong with the envelope: (batch control id or empty, fault)."""
    file: bool = False
    batch: bool = False
    control_id: str = ""
    """BHS-11, or FHS-11."""
    file_id: str = ""
    """FHS-11."""
    cut: bool = False
    """The envelope never ended, so that nobody can say whether the last message did."""


def split(raw: bytes) -> Block:
    """Finds the messages.

    Args:
        raw: the delivery in an 8-bit character set, BOM removed.

    Raises:
        Reject: NO_HEADER, where something other than blanks or MLLP frame bytes comes before the first message.
    """
    if raw.startswith(b"MSH") and raw.find(b"MSH", 3) < 0:
        whole = raw.rstrip(_BLANK)
        last = max(whole.rfind(b"\r"), whole.rfind(b"\n")) + 1
        if whole[last : last + 3] not in _ENVELOPE:
            return Block([whole])
    marks = list(_MARK.finditer(raw))
    if not marks or raw[: marks[0].start()].strip(_BLANK):
        raise NO_HEADER("MSH")
    walk = _Walk()
    ends = [mark.start() for mark in marks[1:]] + [len(raw)]
    for mark, end in zip(marks, ends, strict=True):
        walk.take(mark[1], raw[mark.start(1) : end].strip(_BLANK))
    return walk.done()


class _Walk:
    """Follows the envelope and counts."""

    def __init__(self) -> None:
        self.block = Block()
        self.open_file = self.open_batch = False
        self.messages = self.batches = 0
        self.trailer = False

    def take(self, name: bytes, chunk: bytes) -> None:
        if name == b"MSH":
            if self.trailer:
                self._fault(BATCH_ORDER(segment="MSH"))
                self.trailer = False
            self.block.messages.append(chunk)
            self.messages += 1
            return
        line, *rest = _LINE.split(chunk, maxsplit=1)
        {b"FHS": self._fhs, b"BHS": self._bhs, b"BTS": self._bts, b"FTS": self._fts}[name](line)
        if rest:
            self._fault(BATCH_ORDER(segment=name.decode()))

    def _fhs(self, line: bytes) -> None:
        if self.open_file or self.open_batch or self.block.messages:
            self._fault(BATCH_ORDER(segment="FHS"))
        self.open_file = self.block.file = True
        self.trailer = False
        self.block.control_id = self.block.file_id = _field(line, 11)

    def _bhs(self, line: bytes) -> None:
        if self.open_batch:
            self._fault(BATCH_CUT(trailer="BTS"))
        self.open_batch = self.block.batch = True
        self.trailer = False
        self.block.control_id = _field(line, 11) or self.block.control_id
        self.messages = 0
        self.batches += 1

    def _bts(self, line: bytes) -> None:
        if not self.open_batch:
            self._fault(BATCH_ORDER(segment="BTS"))
        self._count(line, "BTS", self.messages)
        self.open_batch = False
        self.trailer = True

    def _fts(self, line: bytes) -> None:
        if self.open_batch:
            self._fault(BATCH_CUT(trailer="BTS"))
            self.open_batch = False
        if not self.open_file:
            self._fault(BATCH_ORDER(segment="FTS"))
        self._count(line, "FTS", self.batches if self.block.batch else self.messages)
        self.open_file = False
        self.trailer = True

    def _count(self, line: bytes, trailer: str, found: int) -> None:
        said = _field(line, 2)
        if said and (not said.isascii() or not said.isdigit() or int(said) != found):
            shown = said if said.isascii() and said.isdigit() else "?"
            self._fault(BATCH_COUNT(f"{trailer}-1", trailer=trailer, said=shown, found=found))

    def done(self) -> Block:
        """The block, with what never ended."""
        if self.open_batch or self.open_file:
            # BTS there and only FTS missing: the messages are whole.
            self.block.cut = self.open_batch or not self.trailer
            self._fault(BATCH_CUT(trailer="BTS" if self.open_batch else "FTS"))
        return self.block

    def _fault(self, fault: Fault) -> None:
        self.block.faults.append((self.block.control_id, fault))


def _field(line: bytes, number: int) -> str:
    """For headers, element number-1 is field number; a trailer's field 1 is element 1. Only plain text is kept."""
    pieces = line.split(line[3:4]) if len(line) > 3 else []
    found = pieces[number - 1].strip() if len(pieces) >= number else b""
    return found.decode() if _PLAIN.fullmatch(found) else "?" * bool(found and number == 2)
