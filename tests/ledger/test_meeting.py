"""Workers that meet on one case, one key or one message: no deadlock, nothing twice, and what one alone comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import orjson
import pytest

from hub.errors import Retry
from hub.ledger.postgres import pool
from hub.ledger.postgres.ledger import PostgresLedger
from hub.ledger.records import Batch, Submission, Verdict
from tests.ledger.book import SqliteBook, charge, message, order, payment
from tests.ledger.shared import PostgresBook, Server
from tests.ledger.test_redelivery import at

MEETING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def waiting(look: Any, count: int) -> None:
    """Until so many transactions wait for a lock."""
    async with asyncio.timeout(60):
        while await look.fetchval(MEETING) < count:
            await asyncio.sleep(0.005)


async def apply(ledger: PostgresLedger, book: PostgresBook, *sent: Submission) -> list[Verdict]:
    return (await ledger.apply(Batch(list(sent)), book.now)).verdicts


Call = Callable[[], Awaitable[Any]]


async def held_up(
    book: PostgresBook, lock: str, *calls: Call, first: Callable[[Any], Awaitable[Any]] | None = None
) -> list[Any]:
    """Starts calls while somebody else holds a lock, so that all of them meet there, then lets them go."""
    other = await asyncpg.connect(book.dsn)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(lock)
        look = await asyncpg.connect(book.dsn)
        tasks: list[asyncio.Future[Any]] = []
        for call in calls:  # one after another, so that they get the lock in this order
            tasks.append(asyncio.ensure_future(call()))
            await waiting(look, len(tasks))
        if first is not None:
            await first(look)
        await look.close()
        await transaction.rollback()
        return await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await other.close()


def together(book: SqliteBook | PostgresBook) -> list[tuple[str, ...]]:
    """Which facts belong together."""
    cases = book.rows("SELECT facts FROM matter WHERE \"into\" = ''")
    return sorted(tuple(sorted(fact["id"] for fact in orjson.loads(facts)["facts"])) for (facts,) in cases)


def deadlocks(book: PostgresBook) -> int:
    return int(book.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))


ALL_CASES = "SELECT * FROM matter FOR UPDATE"
NEW_MESSAGES = "LOCK TABLE message IN SHARE ROW EXCLUSIVE MODE"
NEW_KEYS = "LOCK TABLE key IN SHARE ROW EXCLUSIVE MODE"


@pytest.mark.parametrize("lock", [NEW_MESSAGES, NEW_KEYS])
def test_one_message_to_two_workers_is_taken_once(shared_book: PostgresBook, lock: str) -> None:
    one, other = shared_book.ledger.shared, shared_book.another().ledger.shared
    sent = message("x", charge(), payment())
    first, second = shared_book.runner.run(
        held_up(
            shared_book,
            lock,
            lambda: apply(one, shared_book, at(1, sent)),
            lambda: apply(other, shared_book, at(2, sent)),
        )
    )
    assert sorted([first[0].place, second[0].place]) == ["applied", "duplicate"]
    assert first[0].bills == second[0].bills
    assert shared_book.statuses() == ["due"]
    assert shared_book.source()["duplicate"] == 1


@pytest.mark.parametrize("lock", [NEW_MESSAGES, NEW_KEYS])
def test_a_charge_and_its_payment_that_both_make_the_case_end_in_one(shared_book: PostgresBook, lock: str) -> None:
    one, other = shared_book.ledger.shared, shared_book.another().ledger.shared
    shared_book.runner.run(
        held_up(
            shared_book,
            lock,
            lambda: apply(one, shared_book, message("c", charge())),
            lambda: apply(other, shared_book, message("p", payment(), source="alipay")),
        )
    )
    assert shared_book.statuses() == ["due"]
    assert shared_book.one("SELECT count(*) FROM matter") == 1


def test_two_orders_that_join_the_same_cases_crosswise_do_not_lock_each_other_out(shared_book: PostgresBook) -> None:
    book = shared_book
    ledgers = [book.ledger.shared, book.another().ledger.shared]
    names = [f"C{n}" for n in range(8)]
    for name in names:
        book.take(charge(name), payment(name, trade=f"T{name}"))
    there = [message(f"o{n}", order(f"O{n}", names[n], names[n + 1])) for n in range(7)]
    back = [message(f"b{n}", order(f"P{n}", names[n + 1], names[n])) for n in reversed(range(7))]
    told = book.runner.run(
        held_up(book, ALL_CASES, lambda: apply(ledgers[0], book, *there), lambda: apply(ledgers[1], book, *back))
    )
    assert [verdict.place for verdicts in told for verdict in verdicts] == ["applied"] * 14
    assert len(book.rows("SELECT 1 FROM matter WHERE \"into\" = ''")) == 1
    assert book.one("SELECT count(DISTINCT case_id) FROM bill") == 1
    assert deadlocks(book) == 0


def test_a_payment_that_waits_for_a_case_finds_it_where_it_went(shared_book: PostgresBook) -> None:
    book = shared_book
    book.take(charge("C1"))
    book.take(charge("C2"))
    one, other = book.ledger.shared, book.another().ledger.shared
    both = book.runner.run(
        held_up(
            book,
            ALL_CASES,
            lambda: apply(one, book, message("o", order("O1", "C1", "C2"), source="window")),
            lambda: apply(other, book, *(message(f"p{n}", payment(f"C{n}", trade=f"T{n}")) for n in (1, 2))),
        )
    )
    assert [verdict.place for verdicts in both for verdict in verdicts] == ["applied"] * 3
    assert book.statuses() == ["due", "due"]
    home = book.one("SELECT id FROM matter WHERE \"into\" = ''")
    assert {case_id for (case_id,) in book.rows("SELECT case_id FROM key")} == {home}


def test_a_key_that_another_makes_meanwhile_is_not_taken_from_it(shared_book: PostgresBook) -> None:
    book = shared_book
    book.take(charge("C1"))
    one, other = book.ledger.shared, book.another().ledger.shared

    async def make(_look: Any) -> None:
        (verdict,) = await apply(other, book, message("c2", charge("C2", order_no="O1")))
        assert verdict.place == "applied"

    sent = message("p", payment("C1", order_no="O1"), source="alipay")  # it knows O1 of nobody, and waits for C1
    book.runner.run(held_up(book, ALL_CASES, lambda: apply(one, book, sent), first=make))
    assert len(together(book)) == 1
    home = book.one("SELECT id FROM matter WHERE \"into\" = ''")
    assert {case_id for (case_id,) in book.rows("SELECT case_id FROM key")} == {home}


def test_a_key_that_a_held_case_got_while_it_was_waited_for_stays_with_it(shared_book: PostgresBook) -> None:
    book = shared_book
    known = message("c", charge("C1"))
    book.send(known)
    one, other = book.ledger.shared, book.another().ledger.shared
    gives = message("p", payment("C1", order_no="O1"), source="alipay")
    wants = message("q", payment(None, trade="T2", order_no="O1"), source="alipay")
    book.runner.run(held_up(book, ALL_CASES, lambda: apply(one, book, gives), lambda: apply(other, book, known, wants)))
    assert len(together(book)) == 1
    assert book.one("SELECT count(DISTINCT case_id) FROM key") == 1


def test_a_worker_that_is_killed_in_its_transaction_leaves_nothing(shared_book: PostgresBook) -> None:
    book = shared_book
    book.take(charge())
    one, other = book.ledger.shared, book.another().ledger.shared
    sent = message("p", payment(), source="alipay")

    async def kill(look: Any) -> None:
        await look.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        )

    (fault,) = book.runner.run(held_up(book, ALL_CASES, lambda: apply(one, book, sent), first=kill))
    assert isinstance(fault, Retry)
    assert fault.code.code == "BH-LED-020"
    assert book.one("SELECT count(*) FROM message") == 1
    (verdict,) = book.runner.run(apply(other, book, sent))
    assert verdict.place == "applied"
    (again,) = book.runner.run(apply(one, book, sent))  # on a new connection, by itself
    assert again.place == "duplicate"
    assert book.statuses() == ["due"]


def test_a_frozen_worker_does_not_keep_its_cases_for_ever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pool.SETTINGS, "idle_in_transaction_session_timeout", "100ms")
    book = PostgresBook(server=server)
    book.take(charge())

    async def run() -> None:
        frozen = await pool.connect(book.dsn, "frozen")
        await frozen.execute("BEGIN")
        await frozen.execute(ALL_CASES)
        (verdict,) = await apply(book.ledger.shared, book, message("p", payment()))
        assert verdict.place == "applied"
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await frozen.execute("COMMIT")  # it wakes, and finds that it holds nothing any more
        frozen.terminate()

    book.runner.run(run())
    book.close()
    server.give_back(book.dsn)
