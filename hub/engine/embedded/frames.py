"""What the hub's processes say to each other, and how it is framed: four bytes of length, then one MessagePack list.

A frame holds whatever gathered while the last one was under way, so that a busy hop costs less for each message.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import msgspec

from hub.ledger.records import Confirmed, FaultRecord, Issued, NotIssued, Submission, Verdict, Work

MAX_FRAME: Final = 256 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")

Role = Literal["door", "issuer", "relay", "admin"]


class Hello(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A child's first word."""

    role: Role
    pid: int
    capacity: int = 0
    """issuer: how many bills it takes at once"""


class Submit(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Door → core: the messages of one delivery, answered together."""

    seq: int
    submissions: list[Submission]
    watch: bool = False
    """also tell when the bills they led to are issued"""
    headers: list[tuple[str, bytes]] = []
    """contexts of those that are traced, as a Kafka record carries them: `hub.tracing.contexts`"""


class Verdicts(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Core → door: the verdicts on a delivery, or the fault that kept it out of the database."""

    seq: int
    verdicts: list[Verdict]
    fault: FaultRecord | None = None


class Settled(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Core → door: none of the watched delivery's bills is due any more."""

    seq: int


class Handout(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Core → issuer: bills to sign."""

    work: list[Work]


class Signed(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """Issuer → core: bills signed, and bills given up."""

    issued: list[Issued]
    not_issued: list[NotIssued] = []
    traced: list[str] = []
    """bills of which the issuer wants to hear when they are stored"""


class Poke(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Core → relay: there may be something to send."""


class Sent(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """Relay → core: what the outside answered."""

    confirmed: list[Confirmed] = []
    submissions: list[Submission] = []
    done: list[int] = []
    later: list[tuple[int, str, FaultRecord | None]] = []
    """(outbox id, when to try again, why)"""


class Command(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """Admin → core: a writing verb of the command line or the console."""

    seq: int
    verb: str
    args: dict[str, Any]


class Answered(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """Core → admin."""

    seq: int
    result: Any = None
    fault: FaultRecord | None = None


class Stop(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """Core → child: take nothing new, finish what is in hand, end."""

    seconds: float


class Reload(msgspec.Struct, frozen=True, array_like=True, tag=12):
    """Core → child: read the units anew."""


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=13):
    """Child → core: it cannot start, because a file or a component is wrong."""

    fault: FaultRecord


class Closed(msgspec.Struct, frozen=True, array_like=True, tag=14):
    """Core → door: the units that are paused with their doors, all of them."""

    units: list[str]


class Stored(msgspec.Struct, frozen=True, array_like=True, tag=15):
    """Core → issuer: of the bills it asked about, those that are in the database."""

    bills: list[str]


Frame = (
    Closed
    | Hello
    | Submit
    | Verdicts
    | Settled
    | Handout
    | Signed
    | Poke
    | Sent
    | Command
    | Answered
    | Stop
    | Reload
    | Failed
    | Stored
)
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[Frame])


class Link(asyncio.Protocol):
    """One end of a connection between two of the hub's processes.

    `on_frames` gets each packed list as it arrives; `on_lost` is called once, when the other side is gone.
    """

    def __init__(self, on_frames: Callable[[Link, Sequence[Frame]], None], on_lost: Callable[[Link], None]) -> None:
        self._on_frames = on_frames
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._out: list[Frame] = []
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._writable = True
        self.role: Role = "admin"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Asyncio's."""
        self._transport = None
        self._on_lost(self)

    def pause_writing(self) -> None:
        """Asyncio's: the other side is slow; frames gather here and go out as one."""
        self._writable = False

    def resume_writing(self) -> None:
        """Asyncio's."""
        self._writable = True
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Asyncio's."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, start)
            end = start + _LENGTH.size + length
            if length > MAX_FRAME:
                self.close()
                return
            if len(buffer) < end:
                break
            with memoryview(buffer) as view:
                frames = _DECODER.decode(view[start + _LENGTH.size : end])
            start = end
            self._on_frames(self, frames)
        del buffer[:start]

    def send(self, frame: Frame) -> None:
        """Queues a frame; all that gathers in this turn of the loop leaves together."""
        self._out.append(frame)
        if len(self._out) == 1 and self._writable:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._out and self._transport is not None and self._writable:
            packed = _ENCODER.encode(self._out)
            self._out = []
            self._transport.write(_LENGTH.pack(len(packed)) + packed)

    def close(self) -> None:
        """Closes after what is queued has left."""
        self._flush()
        if self._transport is not None:
            self._transport.close()
