"""Doors hear of verdicts and of issued bills, and ask for what was said while they were deaf."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from hub.errors import Retry
from hub.ledger.postgres import open_listener
from hub.ledger.postgres.listening import PostgresListener
from hub.ledger.records import Batch, FaultRecord, Submission, Verdict
from tests.ledger.book import cancel, charge, message, payment, sign
from tests.ledger.shared import PostgresBook, Server


def waited_for(identity: str, *events: Any, answer: str = "applied", **more: Any) -> Submission:
    return msgspec.structs.replace(message(identity, *events, **more), answer=answer)


async def soon(future: asyncio.Future[Any]) -> Any:
    async with asyncio.timeout(60):
        return await future


def listen(book: PostgresBook, what: Any) -> Any:
    """Runs a scene with a listener that is on."""

    async def scene() -> Any:
        listener = open_listener(book.dsn, book.ledger.shared)
        assert isinstance(listener, PostgresListener)
        await listener.start()
        try:
            return await what(listener)
        finally:
            await listener.close()

    return book.runner.run(scene())


def apply(book: PostgresBook, *sent: Submission, **batch: Any) -> Coroutine[Any, Any, Any]:
    return book.ledger.shared.apply(Batch(list(sent), **batch), book.now)


def test_a_verdict_is_heard(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        sent = waited_for("c", charge())
        heard = listener.expect(sent.id, sent.fingerprint)
        (verdict,) = (await apply(shared_book, sent)).verdicts
        assert await soon(heard) == verdict
        again = listener.expect(sent.id, sent.fingerprint)
        (second,) = (await apply(shared_book, sent)).verdicts
        assert (await soon(again)) == second
        assert second.place == "duplicate"

    listen(shared_book, scene)


def test_a_changed_repeat_hears_its_own_verdict_and_not_the_first_ones(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        first, changed = waited_for("c", charge(fen=100)), waited_for("c", charge(fen=200))
        heard = listener.expect(changed.id, changed.fingerprint)
        await apply(shared_book, first)
        await apply(shared_book, changed)
        assert (await soon(heard)).fault == FaultRecord("BH-LED-001")
        told = await shared_book.ledger.shared.verdicts([(changed.id, changed.fingerprint), ("none", b"")])
        assert told[changed.id].fault == FaultRecord("BH-LED-001")
        assert list(told) == [changed.id]

    listen(shared_book, scene)


def test_nobody_is_told_of_what_nobody_waits_for(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        quiet, loud = message("q", charge("C1")), waited_for("l", charge("C2"))
        unheard = listener.expect(quiet.id, quiet.fingerprint)
        heard = listener.expect(loud.id, loud.fingerprint)
        await apply(shared_book, quiet)
        await apply(shared_book, loud)
        await soon(heard)
        assert not unheard.done()

    listen(shared_book, scene)


def test_a_verdict_too_long_to_be_told_is_asked_for(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        fault = FaultRecord("BH-MAP-100", "x" * 9000)
        sent = msgspec.structs.replace(waited_for("c", fault=fault), place="parked")
        heard = listener.expect(sent.id, sent.fingerprint)
        await apply(shared_book, sent)
        assert (await soon(heard)).fault == fault

    listen(shared_book, scene)


def test_many_verdicts_at_once_are_heard(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        sent = [waited_for(f"c{n}", charge(f"C{n}")) for n in range(300)]
        heard = [listener.expect(one.id, one.fingerprint) for one in sent]
        await apply(shared_book, *sent)
        assert {verdict.place for verdict in await soon(asyncio.gather(*heard))} == {"applied"}  # type: ignore[arg-type]

    listen(shared_book, scene)


def test_an_issued_bill_is_heard_of_and_a_withdrawn_one_too(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        ledger = shared_book.ledger.shared
        sent = [waited_for(no, charge(no), payment(no, trade=no), answer="issued") for no in ("C1", "C2")]
        verdicts = (await apply(shared_book, *sent)).verdicts
        both = listener.expect_settled([bill for verdict in verdicts for bill in verdict.bills])
        first = listener.expect_settled(verdicts[0].bills)
        work = (await ledger.apply(Batch(), shared_book.now, 9)).work
        (one,) = [item for item in work if item.charge_no == "C1"]
        await apply(shared_book, issued=[sign(one, shared_book.now)])
        await soon(first)
        assert not both.done()
        await apply(shared_book, message("w", cancel("C2")))
        await soon(both)
        await soon(listener.expect_settled([one.bill_id]))  # asked too late to be told: it is asked for
        await soon(listener.expect_settled([]))

    listen(shared_book, scene)


def test_what_was_said_while_the_connection_was_lost_is_asked_for(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        sent = waited_for("p", charge(), payment(), answer="issued")
        heard = listener.expect(sent.id, sent.fingerprint)
        shared_book.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE '%listens'"
        )
        (verdict,) = (await apply(shared_book, sent)).verdicts  # told before anybody listens again
        bills = listener.expect_settled(verdict.bills)
        assert await soon(heard) == verdict
        work = (await shared_book.ledger.shared.apply(Batch(), shared_book.now, 9)).work
        await apply(shared_book, issued=[sign(item, shared_book.now) for item in work])
        await soon(bills)
        async with asyncio.timeout(60):
            while not listener.connected:
                await asyncio.sleep(0.01)

    listen(shared_book, scene)


def test_one_who_gives_up_waiting_leaves_nothing_behind(shared_book: PostgresBook) -> None:
    async def scene(listener: PostgresListener) -> None:
        for future in (listener.expect("a" * 32, b"x"), listener.expect_settled(["b" * 32, "c" * 32])):
            future.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not listener._verdicts
        assert not listener._bills

    listen(shared_book, scene)


def test_a_listener_outlives_the_server() -> None:
    """Stopped, started again: what is expected is still heard of."""
    own = Server()
    book = PostgresBook(server=own)

    async def scene(listener: PostgresListener) -> None:
        sent = waited_for("c", charge())
        heard = listener.expect(sent.id, sent.fingerprint)
        own.local.kill()
        with pytest.raises(Retry):
            await apply(book, sent)
        own.local.start()
        verdict: Verdict | None = None
        async with asyncio.timeout(30):
            while verdict is None:
                try:
                    (verdict,) = (await apply(book, sent)).verdicts
                except Retry:
                    await asyncio.sleep(0.05)
        assert (await soon(heard)).case_id == verdict.case_id

    try:
        listen(book, scene)
        book.close()
    finally:
        own.remove()
