"""The relay between an outbox and a fiscal platform on a real socket: order, how many at once, and what is unknown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.adapter import Delivery, Message
from hub.delivery.http import Caller
from hub.delivery.relay import AWAY_SECONDS, TURN_SECONDS, Kind, Platform, Relay
from hub.errors import Fault
from hub.ledger.reading.effects import Paper
from hub.simulators.fiscal_books import Mood, Refused
from hub.simulators.fiscal_platform import serving

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def xml(number: str) -> bytes:
    return f"<EInvoice>{number}<EInvoiceSignature></EInvoiceSignature></EInvoice>".encode()


@dataclass
class Books:
    """A platform without keys: it notes in which order bills come, and how many it has at once."""

    mood: Mood = field(default_factory=Mood)
    came: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    here: int = 0
    most: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    """set, it answers at once"""
    then: Mood | None = None
    """how it is once it has signed"""

    async def sign(self, body: bytes) -> bytes:
        number = body.partition(b"<EInvoiceSignature>")[0].removeprefix(b"<EInvoice>").decode()
        self.came.append(number)
        self.here += 1
        self.most = max(self.most, self.here)
        await self.answers.wait()
        self.here -= 1
        if number in self.refuses:
            raise Refused(409, "NO", "不行")
        self.known.add(number)
        self.mood = self.then or self.mood
        return body

    def state(self, _code: str, number: str) -> dict[str, Any]:
        self.asked.append(number)
        if number in self.known:
            return {"state": "countersigned", "xml": xml(number).decode()}
        return {"state": "unknown"}


@dataclass
class Post:
    """An outbox in memory; it is the results, too."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    early: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    limit: int = 200

    def add(self, *numbers: str, unit: str = "u", attempts: int = 0) -> None:
        self.rows += [{"id": int(one), "unit": unit, "subject": one, "attempts": attempts} for one in numbers]

    def outbox(self, kind: Kind, now: datetime, limit: int, without: Collection[str] = ()) -> list[dict[str, Any]]:
        return [dict(row) for row in self.rows if kind == "confirm" and row["unit"] not in without][: self.limit]

    def papers(self, bill_ids: Sequence[str]) -> dict[str, Paper]:
        return {one: Paper("41060126", one, xml(one), 1, one in self.early) for one in bill_ids}

    def confirmed(self, unit: str, bill_id: str, xml: bytes | None, fault: Fault | None) -> None:
        if fault is not None:
            self.refused.append(fault.code.code)
            return
        self.done.append(bill_id)
        self.rows = [row for row in self.rows if row["subject"] != bill_id]

    def told(self, unit: str, source: str, delivery: Delivery, messages: tuple[Message, ...], row: int) -> None:
        raise NotImplementedError

    def later(self, kind: Kind, row: int, at: datetime, fault: Fault | None) -> None:
        for one in self.rows:
            if one["id"] == row:
                one["attempts"] += 1

    async def flush(self) -> None:
        """Everything is."""


@dataclass
class Place:
    post: Post
    books: Books
    relay: Relay
    caller: Caller
    url: str
    now: datetime = NOW

    def platform(self, at_once: int) -> Platform:
        return Platform(self.url, lambda _xml: True, asyncio.Semaphore(at_once), at_once)

    async def until(self, here: int) -> None:
        while self.books.here < here:
            await asyncio.sleep(0)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    post, books = Post(), Books()
    async with serving(books) as where, Caller() as caller:  # type: ignore[arg-type]
        relay = Relay(post, post, {}, lambda _unit, _source: None)
        made = Place(post, books, relay, caller, f"http://{where}")
        relay.platforms = {"u": made.platform(3), "v": made.platform(3)}
        relay.clock = lambda: made.now
        yield made


async def test_bills_go_in_their_order_as_many_at_once_as_the_platform_takes(place: Place) -> None:
    place.post.add(*"123456789")
    turn = asyncio.create_task(place.relay.turn(place.caller))
    await place.until(here=3)
    assert sorted(place.books.came) == ["1", "2", "3"]
    place.books.answers.set()
    assert await turn
    assert place.books.most == 3
    assert sorted(place.post.done) == list("123456789")
    assert not await place.relay.turn(place.caller)


async def test_one_at_once_is_strict_order(place: Place) -> None:
    place.relay.platforms = {"u": place.platform(1)}
    place.books.answers.set()
    place.post.add(*"123456789")
    await place.relay.turn(place.caller)
    assert place.books.came == place.post.done == list("123456789")


async def test_units_with_one_platform_share_what_it_takes(place: Place) -> None:
    both = place.platform(2)
    place.relay.platforms = {"u": both, "v": both}
    place.post.add(*"1234")
    place.post.add(*"5678", unit="v")
    turn = asyncio.create_task(place.relay.turn(place.caller))
    await place.until(here=2)
    place.books.answers.set()
    await turn
    assert place.books.most == 2
    assert len(place.post.done) == 8


async def test_a_red_bill_goes_after_the_one_it_reverses(place: Place) -> None:
    place.books.answers.set()
    place.post.add("1", "2", "3")
    place.post.early = {"2"}
    await place.relay.turn(place.caller)
    assert sorted(place.post.done) == ["1", "3"]
    place.post.early = set()
    await place.relay.turn(place.caller)
    assert place.books.came[2:] == ["2"]


async def test_a_platform_that_is_away_is_left_alone_once_for_all_that_was_under_way(place: Place) -> None:
    place.books.mood = Mood("down")
    place.post.add(*"123456789")
    await place.relay.turn(place.caller)
    assert place.relay.left_alone() == {"u"}
    assert not await place.relay.turn(place.caller)
    place.now += timedelta(seconds=AWAY_SECONDS[0])
    assert not place.relay.left_alone()  # the first pause, though three were under way
    assert await place.relay.turn(place.caller)
    place.now += timedelta(seconds=AWAY_SECONDS[0])
    assert place.relay.left_alone()
    place.books.mood = Mood()
    place.books.answers.set()
    place.now += timedelta(seconds=AWAY_SECONDS[1])
    await place.relay.turn(place.caller)
    assert len(place.post.done) == 9


async def test_an_answer_to_what_was_sent_before_does_not_end_the_pause(place: Place) -> None:
    place.post.add("1")
    turn = asyncio.create_task(place.relay.turn(place.caller))
    await place.until(here=1)
    place.post.rows[0]["id"] = 0
    place.books.mood = Mood("down")
    other = Post([{"id": 2, "unit": "u", "subject": "2", "attempts": 0}])
    place.relay.outbox = other
    await place.relay.turn(place.caller)
    assert place.relay.left_alone() == {"u"}
    place.books.answers.set()
    await turn
    assert place.post.done == ["1"]
    assert place.relay.left_alone() == {"u"}


async def test_a_unit_whose_platform_is_away_holds_up_no_other(place: Place) -> None:
    place.relay.platforms = {"u": Platform("http://127.0.0.1:1", lambda _xml: True), "v": place.platform(3)}
    place.books.answers.set()
    place.post.limit = 2
    place.post.add("1", "2", "3")
    place.post.add("4", unit="v")
    await place.relay.turn(place.caller)  # takes as many as fit, all of the one that is away
    await place.relay.turn(place.caller)
    assert place.post.done == ["4"]


async def test_a_unit_that_has_no_platform_any_more_keeps_nobody_busy(place: Place) -> None:
    place.relay.platforms = {}
    place.post.add("1")
    assert not await place.relay.turn(place.caller)
    assert place.relay.left_alone() == {"u"}


async def test_what_may_have_been_sent_is_asked_about_first(place: Place) -> None:
    place.books.answers.set()
    place.books.known = {"1"}
    place.post.add("1", "2", attempts=1)
    place.post.add("3")
    await place.relay.turn(place.caller)
    assert sorted(place.post.done) == ["1", "2", "3"]
    assert (sorted(place.books.asked), sorted(place.books.came)) == (["1", "2"], ["2", "3"])


@pytest.mark.parametrize("then", ["cut", "down"])
async def test_an_answer_that_is_lost_is_never_sent_again_blindly(place: Place, then: str) -> None:
    """Nor when the question about it is not answered either."""
    place.books.answers.set()
    place.books.mood, place.books.then = Mood("lost"), Mood(then)
    place.post.add("1")
    await place.relay.turn(place.caller)
    assert place.post.done == []
    place.books.mood = Mood()
    place.now += timedelta(seconds=AWAY_SECONDS[0])
    await place.relay.turn(place.caller)
    assert place.post.done == ["1"]
    assert place.books.came == ["1"]


async def test_what_is_refused_stops_nothing_but_itself(place: Place) -> None:
    place.books.answers.set()
    place.books.refuses = {"2"}
    place.post.add("1", "2", "3")
    await place.relay.turn(place.caller)
    assert sorted(place.post.done) == ["1", "3"]
    assert place.post.refused == ["BH-DLV-010"]
    assert not place.relay.left_alone()


@pytest.mark.parametrize("ends", [False, True], ids=["its time", "it was told to end"])
async def test_a_turn_begins_nothing_after(place: Place, ends: bool) -> None:
    place.post.add(*"123456789")
    turn = asyncio.create_task(place.relay.turn(place.caller))
    await place.until(here=3)
    if ends:
        place.relay.ending = lambda: True
    else:
        place.now += TURN_SECONDS
    place.books.answers.set()
    await turn
    assert sorted(place.post.done) == ["1", "2", "3"]
    assert sorted(place.books.came) == ["1", "2", "3"]
