"""Frames over a real Unix socket: what gathers goes out together, and arrives whole however the bytes are cut."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from hub.engine.embedded.core import Core
from hub.engine.embedded.counter import LinkCounter
from hub.engine.embedded.frames import (
    MAX_FRAME,
    Answered,
    Command,
    Frame,
    Handout,
    Hello,
    Link,
    Poke,
    Settled,
    Signed,
    Stop,
    Submit,
    Verdicts,
)
from hub.engine.embedded.switchboard import Switchboard
from hub.errors import Retry
from hub.ledger.records import Work
from tests.ledger.book import SqliteBook, charge, message, payment, sign


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


@dataclass
class End:
    """One end of a connection, and what came to it."""

    came: list[list[Frame]] = field(default_factory=list)
    lost: int = 0
    link: Link | None = None

    def make(self) -> Link:
        self.link = Link(self.frames, self.gone)
        return self.link

    def frames(self, _link: Link, frames: Sequence[Frame]) -> None:
        self.came.append(list(frames))

    def gone(self, _link: Link) -> None:
        self.lost += 1

    @property
    def all(self) -> list[Frame]:
        return [frame for frames in self.came for frame in frames]


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[tuple[End, End]]:
    loop = asyncio.get_running_loop()
    near, far = End(), End()
    server = await loop.create_unix_server(far.make, str(tmp_path / "s"))
    await loop.create_unix_connection(near.make, str(tmp_path / "s"))
    await until(lambda: far.link is not None)
    yield near, far
    for end in (near, far):
        if end.link is not None:
            end.link.close()
    server.close()


async def test_frames_of_one_turn_leave_together(ends: tuple[End, End]) -> None:
    near, far = ends
    assert near.link is not None
    for seq in range(5):
        near.link.send(Settled(seq))
    await until(lambda: len(far.all) == 5)
    assert far.came == [[Settled(seq) for seq in range(5)]]


async def test_a_link_speaks_both_ways(ends: tuple[End, End]) -> None:
    near, far = ends
    assert near.link is not None
    assert far.link is not None
    near.link.send(Hello("door", 7))
    far.link.send(Stop(1.0))
    await until(lambda: bool(near.all and far.all))
    assert (near.all, far.all) == ([Stop(1.0)], [Hello("door", 7)])


async def test_every_kind_of_frame_arrives_as_it_left(ends: tuple[End, End]) -> None:
    near, far = ends
    assert near.link is not None
    sent: list[Frame] = [
        Submit(1, [message("m", charge(), payment())], True),
        Verdicts(1, []),
        Handout([]),
        Signed([]),
        Poke(),
        Command(2, "status", {"a": [1, "二"]}),
        Answered(2, {"due": 3}),
    ]
    for frame in sent:
        near.link.send(frame)
    await until(lambda: len(far.all) == len(sent))
    assert far.all == sent


async def test_a_slow_reader_makes_frames_gather(ends: tuple[End, End]) -> None:
    near, far = ends
    assert near.link is not None
    assert far.link is not None
    assert far.link._transport is not None
    far.link._transport.pause_reading()
    body = message("big", charge(), content="长" * 100_000)
    for seq in range(50):
        near.link.send(Submit(seq, [body]))
        await asyncio.sleep(0)
    far.link._transport.resume_reading()
    await until(lambda: len(far.all) == 50)
    assert [frame.seq for frame in far.all if isinstance(frame, Submit)] == list(range(50))
    assert len(far.came) < 50


def pack(*frames: Frame) -> bytes:
    packed = msgspec.msgpack.encode(list(frames))
    return struct.pack(">I", len(packed)) + packed


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 17, 10_000])
async def test_bytes_may_come_in_any_pieces(cut: int) -> None:
    end = End()
    link = end.make()
    lists = [[Settled(1)], [Poke(), Settled(2)], [Submit(3, [message("m", charge())])], [Settled(4)]]
    stream = b"".join(pack(*frames) for frames in lists)
    for start in range(0, len(stream), cut):
        link.data_received(stream[start : start + cut])
    assert end.came == lists


async def test_a_frame_that_is_absurdly_long_ends_the_link(ends: tuple[End, End]) -> None:
    near, far = ends
    assert near.link is not None
    assert near.link._transport is not None
    near.link._transport.write(struct.pack(">I", MAX_FRAME + 1))
    await until(lambda: near.lost == 1 and far.lost == 1)
    assert far.all == []


async def test_what_was_sent_before_a_close_arrives(ends: tuple[End, End]) -> None:
    near, far = ends
    assert near.link is not None
    near.link.send(Settled(9))
    near.link.close()
    await until(lambda: far.lost == 1)
    assert far.all == [Settled(9)]


# the core's side, with children at the other end of real sockets


@dataclass
class Board:
    """A core behind a socket."""

    book: SqliteBook
    path: Path
    switchboard: Switchboard
    core: Core
    hellos: list[tuple[str, int]]

    async def connect(self, end: End) -> Link:
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(end.make, str(self.path))
        assert end.link is not None
        return end.link


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    book = SqliteBook(folder=tmp_path / "data").numbers()
    core = Core(book.ledger, lambda: book.now, pytest.fail)
    hellos: list[tuple[str, int]] = []
    switchboard = Switchboard(core, lambda verb, args: [verb, args], lambda role, pid: hellos.append((role, pid)))
    core.poke = switchboard.poke
    server = await asyncio.get_running_loop().create_unix_server(switchboard.link, str(tmp_path / "s"))
    yield Board(book, tmp_path / "s", switchboard, core, hellos)
    server.close()
    assert book.books()["balanced"]
    book.close()


async def test_a_door_an_issuer_and_the_core(board: Board) -> None:
    door, issuer = End(), End()
    await board.connect(door)
    seat = await board.connect(issuer)
    seat.send(Hello("issuer", 5, 4))
    assert door.link is not None
    counter = LinkCounter(door.link)
    sent = asyncio.ensure_future(counter.submit([message("m", charge(), payment())], True))

    def work() -> list[Work]:
        return [item for frame in issuer.all if isinstance(frame, Handout) for item in frame.work]

    def pump() -> bool:
        for frame in door.all:
            if isinstance(frame, Verdicts):
                counter.answered(frame)
            elif isinstance(frame, Settled):
                counter.settled(frame)
        return sent.done()

    await until(lambda: pump() and len(work()) == 1)
    verdicts, settled = sent.result()
    assert settled is not None
    assert (verdicts[0].place, settled.done()) == ("applied", False)
    seat.send(Signed([sign(item, board.book.now) for item in work()]))
    await until(lambda: pump() and settled.done())
    assert board.book.statuses() == ["issued"]
    assert board.hellos == [("issuer", 5)]


async def test_an_issuers_end_of_the_line_hands_its_bills_to_the_next(board: Board) -> None:
    first, second, door = End(), End(), End()
    (await board.connect(first)).send(Hello("issuer", 1, 4))
    (await board.connect(door)).send(Submit(1, [message("m", charge(), payment())]))
    await until(lambda: len(first.all) == 1)
    assert first.link is not None
    first.link.close()
    (await board.connect(second)).send(Hello("issuer", 2, 4))
    await until(lambda: len(second.all) == 1)
    assert second.all == first.all


async def test_a_door_that_is_gone_is_not_answered_and_hurts_nobody(board: Board) -> None:
    door, other = End(), End()
    link = await board.connect(door)
    link.send(Submit(1, [message("m", charge(), payment())], True))
    link.close()
    (await board.connect(other)).send(Submit(1, [message("m", charge(), payment())]))
    await until(lambda: len(other.all) == 1)
    (frame,) = other.all
    assert isinstance(frame, Verdicts)
    assert board.book.one("SELECT COUNT(*) FROM message") == 1


async def test_commands_are_answered_in_order_and_a_wrong_one_says_so(board: Board) -> None:
    admin = End()
    link = await board.connect(admin)
    link.send(Command(1, "x", {"a": 1}))
    link.send(Command(2, "flush", {}))
    await until(lambda: len(admin.all) == 2)
    assert admin.all == [Answered(1, ["x", {"a": 1}]), Answered(2, True)]


async def test_a_counter_that_lost_its_core_tells_everybody_to_come_again() -> None:
    end = End()
    counter = LinkCounter(end.make())
    asked = asyncio.ensure_future(counter.submit([message("m", charge())], False))
    await asyncio.sleep(0)
    counter.lost()
    with pytest.raises(Retry) as fault:
        await asked
    assert fault.value.code.code == "BH-ENG-003"
