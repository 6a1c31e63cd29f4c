"""Issuers that sit with the core: what they hold, what they give back, and who waits for their bills."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hub.ledger.records import FaultRecord, NotIssued
from tests.engine.senders import Seat, Senders, until
from tests.ledger.book import cancel, charge, message, payment


async def test_what_a_dead_issuer_held_goes_to_another_under_the_same_numbers(desk: Senders) -> None:
    first, second = Seat(), Seat()
    desk.core.sit(first)
    for name in "abc":
        desk.pay(name)
    await until(lambda: len(first.held) == 3)
    desk.sign(first, 1)
    desk.core.leave(first)
    assert first.busy == set()
    desk.core.sit(second)
    await until(lambda: len(second.held) == 2)
    assert {(work.bill_id, work.bill_number) for work in second.held} == {
        (work.bill_id, work.bill_number) for work in first.held
    }
    desk.sign(second)
    await until(lambda: desk.book.statuses() == ["issued"] * 3)


async def test_without_an_issuer_bills_are_due_and_wait(desk: Senders) -> None:
    desk.pay("a")
    await until(lambda: len(desk.answers) == 1)
    assert desk.book.statuses() == ["due"]
    assert desk.book.segment()["reserved"] == 0
    seat = Seat()
    desk.core.sit(seat)
    await until(lambda: len(seat.held) == 1)


async def test_issuers_get_no_more_than_they_can_hold_and_share_evenly(desk: Senders) -> None:
    seats = [Seat(), Seat()]
    for seat in seats:
        desk.core.sit(seat)
    for n in range(12):
        desk.pay(f"n{n}")
    await until(lambda: sum(len(seat.held) for seat in seats) == 8)
    assert [len(seat.busy) for seat in seats] == [4, 4]
    while "due" in desk.book.statuses():
        for seat in seats:
            desk.sign(seat)
        await asyncio.sleep(0)
    assert desk.book.statuses() == ["issued"] * 12


async def test_who_waits_for_the_bill_is_told_when_it_is_issued(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a", watch=True)
    await until(lambda: len(seat.held) == 1)
    assert [name for name, _ in desk.answers] == ["a"]
    assert desk.settled == []
    desk.sign(seat)
    await until(lambda: desk.settled == ["a"])
    desk.pay("a", watch=True)  # a repeat need not wait
    await until(lambda: desk.settled == ["a", "a"])


async def test_who_waits_for_several_bills_is_told_after_the_last(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.send("file", *(message(no, charge(no), payment(no, trade=no)) for no in "xyz"), watch=True)
    await until(lambda: len(seat.held) == 3)
    desk.sign(seat, 2)
    await until(lambda: desk.book.statuses().count("issued") == 2)
    assert desk.settled == []
    desk.sign(seat)
    await until(lambda: desk.settled == ["file"])


async def test_who_waits_for_a_bill_that_is_withdrawn_is_told(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a", watch=True)
    await until(lambda: len(seat.held) == 1)
    desk.send("his", message("gone", cancel("a")))
    await until(lambda: desk.settled == ["a"])
    desk.sign(seat)
    await until(lambda: desk.core.idle)
    assert desk.book.statuses() == ["void"]


async def test_a_bill_that_could_not_be_signed_tries_again(desk: Senders) -> None:
    seat = Seat()
    desk.core.sit(seat)
    desk.pay("a")
    await until(lambda: len(seat.held) == 1)
    (work,) = seat.held
    seat.held.clear()
    desk.core.signed(seat, [], [NotIssued(work.bill_id, FaultRecord("BH-ISS-011"))])
    await until(lambda: seat.held == [work])
    desk.sign(seat)
    await until(lambda: desk.book.statuses() == ["issued"])


async def test_issuing_goes_on_by_itself_once_the_clock_is_right(desk: Senders) -> None:
    seat = await desk.issue("a")
    right = desk.book.now
    desk.book.now = right - timedelta(hours=1)
    desk.pay("b")
    await until(lambda: "clock" in desk.book.ledger.alarms())
    desk.book.now = right
    await until(lambda: len(seat.held) == 1)
