"""Issuers and relays share the work: nobody gets what another has, and what the dead had goes on under its number."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from hub.errors import Reject
from hub.flow.policy import BillRule
from hub.ledger.handing import Node
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import handing, leasing
from hub.ledger.records import Batch, Confirmed, FaultRecord, Work
from tests.ledger.book import CODE, RULES, cancel, charge, message, payment, sign
from tests.ledger.shared import PostgresBook, Server


@pytest.fixture
def blocks(server: Server) -> Iterator[PostgresBook]:
    """A ledger whose issuers lease ten numbers at once, of a hundred."""
    made = PostgresBook(server=server, rules={"demo": replace(RULES, countersigned=True)}, block=10).numbers()
    yield made
    assert made.books()["balanced"], made.books()
    made.close()
    server.give_back(made.dsn)


def pay_for(book: PostgresBook, *charges: str) -> None:
    for no in charges:
        book.take(charge(no), payment(no, trade=f"T{no}"))


def names(count: int) -> list[str]:
    return [f"C{n}" for n in range(count)]


def numbers(work: list[Work]) -> list[int]:
    return [int(item.bill_number) for item in work]


def test_two_issuers_never_hold_the_same_bill(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(12))
    other = blocks.another()

    async def both() -> tuple[list[Work], list[Work]]:
        one = [blocks.ledger.shared.apply(Batch(), blocks.now, 2) for _ in range(3)]
        two = [other.ledger.shared.apply(Batch(), blocks.now, 2) for _ in range(3)]
        done = await asyncio.gather(*one, *two)
        return [w for r in done[:3] for w in r.work], [w for r in done[3:] for w in r.work]

    first, second = blocks.runner.run(both())
    rest = blocks.work()  # a look that met another's may have passed over what was free a moment later
    every = [*first, *second, *rest]
    assert len({work.bill_id for work in every}) == len({work.bill_number for work in every}) == len(every) == 12
    blocks.store(*every)
    assert blocks.segment()["used"] == 12
    other.close()


def test_an_issuer_leases_a_block_and_the_accounting_shows_it(blocks: PostgresBook) -> None:
    pay_for(blocks, "C1", "C2")
    assert numbers(blocks.work(1)) == [1]
    assert blocks.segment() == {"used": 0, "void": 0, "reserved": 1, "leased": 9, "free": 90}
    assert numbers(blocks.work(1)) == [2]
    assert blocks.segment() == {"used": 0, "void": 0, "reserved": 2, "leased": 8, "free": 90}


def test_each_issuer_has_a_block_of_its_own(blocks: PostgresBook) -> None:
    other = blocks.another()
    pay_for(blocks, *names(4))
    assert [numbers(blocks.work(1)), numbers(other.work(1)), numbers(blocks.work(1)), numbers(other.work(1))] == [
        [1],
        [11],
        [2],
        [12],
    ]
    other.close()


def test_a_used_up_block_goes_away_and_the_next_begins(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(11))
    assert numbers(blocks.work(9)) == list(range(1, 10))
    assert numbers(blocks.work()) == [10, 11]
    assert blocks.rows("SELECT first, last, next FROM number_block") == [(12, 20, 12)]


def test_what_a_dead_issuer_had_is_taken_over_under_the_same_numbers(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(3))
    dead = blocks.another()
    held = dead.work(2)
    dead.ledger.shared.cut()
    assert numbers(blocks.work()) == [11]  # while the lease lasts, its bills and its block stay with it
    blocks.expire()
    again = blocks.work()
    assert [(work.bill_id, work.bill_number) for work in again] == [
        (work.bill_id, work.bill_number) for work in held
    ] + [(again[2].bill_id, "0000000011")]
    pay_for(blocks, "C9")
    assert numbers(blocks.work()) == [3]  # what was left of its block goes on
    assert [owner for (owner,) in blocks.rows("SELECT DISTINCT lease_owner FROM number_block")] == [
        blocks.ledger.shared.owner
    ]


def test_what_an_earlier_life_had_is_free_as_soon_as_it_is_known_to_be_over(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(4))
    dead, other = blocks.another(), blocks.another()
    held, kept = dead.work(2), other.work(1)
    dead.ledger.shared.cut()
    assert numbers(blocks.work()) == [21]
    blocks.runner.run(blocks.ledger.shared.bury(dead.ledger.shared.owner))
    assert blocks.work() == held, "under the same numbers, and nothing of who lives"
    assert other.store(*kept) == [kept[0].bill_id]
    pay_for(blocks, "C9")
    assert numbers(blocks.work()) == [3], "what was left of its block goes on"
    other.close()


def test_of_two_signatures_the_first_stored_counts(blocks: PostgresBook) -> None:
    pay_for(blocks, "C1")
    slow = blocks.another()
    (work,) = slow.work()
    blocks.expire()
    assert blocks.work() == [work]
    assert blocks.store(work) == [work.bill_id]
    assert slow.store(work) == []  # it was frozen, and wakes
    assert blocks.one("SELECT count(*) FROM document") == 1
    assert blocks.segment()["used"] == 1
    slow.close()


def test_a_bill_withdrawn_while_another_signs_it_gives_its_number_up_once(blocks: PostgresBook) -> None:
    pay_for(blocks, "C1")
    issuer = blocks.another()
    (work,) = issuer.work()
    blocks.take(cancel("C1"))
    assert issuer.store(work) == []
    assert blocks.segment() == {"used": 0, "void": 1, "reserved": 0, "leased": 9, "free": 90}
    issuer.close()


def test_a_withdrawal_and_a_signature_at_once_end_in_one_of_both(blocks: PostgresBook) -> None:
    issuer = blocks.another()
    ended = set()
    for n in range(8):
        pay_for(blocks, f"C{n}")
        (work,) = [work for work in issuer.work() if work.charge_no == f"C{n}"]

        async def both(n: int = n, work: Work = work) -> None:
            withdraw = blocks.ledger.shared.apply(Batch([message(f"w{n}", cancel(f"C{n}"))]), blocks.now)
            store = issuer.ledger.shared.apply(Batch(issued=[sign(work, blocks.now)]), blocks.now)
            await asyncio.gather(withdraw, store)

        blocks.runner.run(both())
        status = blocks.one("SELECT status FROM bill WHERE id = ?", work.bill_id)
        documents = blocks.one(
            "SELECT count(*) FROM document d JOIN bill b ON b.seq = d.bill_seq WHERE b.id = ?", work.bill_id
        )
        void = blocks.one("SELECT count(*) FROM void_number WHERE number = ?", work.bill_number)
        ended.add((status == "void", documents, void))
    assert ended <= {(True, 0, 1), (False, 1, 0)}
    issuer.close()


def test_an_issuer_that_leaves_in_order_gives_everything_back_at_once(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(2))
    leaving = blocks.another()
    held = leaving.work()
    leaving.close()
    assert blocks.work() == held
    pay_for(blocks, "C9")
    assert numbers(blocks.work()) == [3]


def test_a_lease_is_renewed_by_its_owner_alone(blocks: PostgresBook) -> None:
    pay_for(blocks, "C1")
    (work,) = blocks.work()
    other = blocks.another()
    blocks.expire()
    assert blocks.runner.run(other.ledger.shared.renew([work.bill_id])) == []
    assert blocks.runner.run(blocks.ledger.shared.renew([work.bill_id])) == [work.bill_id]
    assert other.work() == []
    other.close()


def test_the_last_numbers_are_taken_out_of_anothers_block(server: Server) -> None:
    book = PostgresBook(server=server, block=10).numbers(1, 10)
    other = book.another()
    pay_for(book, *names(4))
    assert numbers(other.work(1)) == [1]
    assert book.segment() == {"used": 0, "void": 0, "reserved": 1, "leased": 9, "free": 0}
    assert numbers(book.work(2)) == [2, 3]  # rather than starve
    assert numbers(other.work(1)) == [4]
    assert book.books()["balanced"]
    for one in (book, other):
        one.close()
    server.give_back(book.dsn)


def test_starved_bills_do_not_stand_in_the_way_of_others(server: Server) -> None:
    types = {"outpatient": "0601", "checkup": "0605"}
    policy = replace(RULES.policy, bills=dict.fromkeys(types, BillRule("medical_outpatient")))
    book = PostgresBook(server=server, rules={"demo": replace(RULES, policy=policy, types=types)})
    book.numbers(1, 50, "41060526")
    pay_for(book, *names(5))
    book.take(charge("X1"), payment("X1", trade="X1"), bill="checkup")
    assert [work.charge_no for work in book.work(2)] == ["X1"]
    assert book.one("SELECT count(*) FROM bill WHERE starved = ?", CODE) == 5
    assert list(book.ledger.alarms()) == [f"BH-LED-010 demo {CODE}"]
    assert book.ledger.due() == 6
    book.numbers(1, 50)
    assert book.ledger.alarms() == {}
    assert len(book.work()) == 5
    book.close()
    server.give_back(book.dsn)


def test_numbers_that_come_in_while_somebody_starves_are_not_overlooked(server: Server) -> None:
    book = PostgresBook(server=server)
    pay_for(book, "C1")
    other = book.another()

    async def run() -> None:
        # the segment is in, but not committed, when the issuer finds nothing: it waits for it instead of starving
        look = await asyncpg.connect(book.dsn)
        transaction = look.transaction()
        await transaction.start()
        await handing.receive(look, Node(unit="demo"), CODE, "1", "5", book.now)
        await leasing.feed(look, CODE)
        call = asyncio.ensure_future(other.ledger.shared.apply(Batch(), book.now, 1))
        watch = await asyncpg.connect(book.dsn)
        await waiting(watch, 1)
        await transaction.commit()
        assert [work.bill_number for work in (await call).work] == ["0000000001"]
        await look.close()
        await watch.close()

    book.runner.run(run())
    for one in (book, other):
        one.close()
    server.give_back(book.dsn)


def test_two_overlapping_segments_at_once_are_one(server: Server) -> None:
    book = PostgresBook(server=server)

    async def both() -> list[Any]:
        ledger = book.ledger.shared
        return await asyncio.gather(
            *(ledger.receive_numbers("demo", CODE, "1", str(last), book.now, "x") for last in (10, 20)),
            return_exceptions=True,
        )

    outcomes = book.runner.run(both())
    assert sorted(type(outcome) for outcome in outcomes if outcome) == [Reject]
    assert len(book.books()["numbers"]) == 1
    book.close()
    server.give_back(book.dsn)


def test_a_bill_of_a_unit_this_issuer_does_not_know_waits_for_one_that_does(blocks: PostgresBook) -> None:
    pay_for(blocks, "C1")
    stranger = blocks.another(rules={})
    assert stranger.work() == []
    assert list(blocks.ledger.alarms()) == ["BH-LED-016 demo outpatient"]
    assert blocks.work() == []  # it rests
    blocks.expire()
    assert len(blocks.work()) == 1
    stranger.close()


# places in the change sequence


def test_no_later_place_is_seen_before_an_earlier_one(blocks: PostgresBook) -> None:
    pay_for(blocks, "C1", "C2")
    slow, quick = blocks.work()
    other = blocks.another()
    blocks.sql(
        "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;"
        "CREATE TRIGGER linger AFTER UPDATE OF change ON bill FOR EACH ROW "
        f"WHEN (new.id = '{slow.bill_id}' AND new.change > 0) EXECUTE FUNCTION linger();"
    )

    async def run() -> None:
        look = await asyncpg.connect(blocks.dsn)
        await look.execute("SELECT pg_advisory_lock(1)")
        first = asyncio.ensure_future(blocks.ledger.shared.apply(Batch(issued=[sign(slow, blocks.now)]), blocks.now))
        await waiting(look, 1)  # it has its place, and is not committed
        second = asyncio.ensure_future(other.ledger.shared.apply(Batch(issued=[sign(quick, blocks.now)]), blocks.now))
        await waiting(look, 2)
        assert await look.fetchval("SELECT count(*) FROM bill WHERE change > 0") == 0
        await look.execute("SELECT pg_advisory_unlock(1)")
        await asyncio.gather(first, second)
        await look.close()

    try:
        blocks.runner.run(run())
    finally:
        blocks.sql("DROP FUNCTION linger() CASCADE")
    assert blocks.rows("SELECT id FROM bill ORDER BY change") == [(slow.bill_id,), (quick.bill_id,)]
    other.close()


async def waiting(look: Any, count: int) -> None:
    """Until so many transactions wait for a lock."""
    question = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(60):
        while await look.fetchval(question) < count:
            await asyncio.sleep(0.005)


def test_who_pages_by_changes_misses_none_while_issuers_commit_out_of_order(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(30))
    issuers = [blocks, blocks.another(), blocks.another()]
    seen: list[int] = []

    async def read(done: asyncio.Event) -> None:
        look = await asyncpg.connect(blocks.dsn)
        last = 0
        while True:
            over = done.is_set()
            rows = await look.fetch("SELECT change FROM bill WHERE change > $1 ORDER BY change", last)
            seen.extend(change for (change,) in rows)
            last = seen[-1] if seen else 0
            if over and not rows:
                break
            await asyncio.sleep(0)
        await look.close()

    async def issue(book: PostgresBook) -> None:
        ledger = book.ledger.shared
        work = (await ledger.apply(Batch(), book.now, 1)).work
        while work:
            work = (await ledger.apply(Batch(issued=[sign(item, book.now) for item in work]), book.now, 1)).work

    async def run() -> None:
        done = asyncio.Event()
        reading = asyncio.ensure_future(read(done))
        await asyncio.gather(*(issue(book) for book in issuers))
        done.set()
        await reading

    blocks.runner.run(run())
    assert seen == sorted(seen)
    assert sorted(seen) == [row[0] for row in blocks.rows("SELECT change FROM bill WHERE change > 0 ORDER BY change")]
    assert len(seen) == blocks.statuses().count("issued") > 20
    for book in issuers[1:]:
        book.close()


# relays


def test_two_relays_share_the_outbox(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(6))
    blocks.issue()
    one, two = blocks.ledger.shared, blocks.another().ledger.shared
    first = blocks.runner.run(one.outbox("confirm", 4, blocks.now))
    second = blocks.runner.run(two.outbox("confirm", 4, blocks.now))
    assert [len(first), len(second)] == [4, 2]
    assert len({row["subject"] for row in first + second}) == 6
    assert blocks.runner.run(two.outbox("confirm", 4, blocks.now)) == []
    blocks.expire()  # the first one died
    assert [row["id"] for row in blocks.runner.run(two.outbox("confirm", 6, blocks.now))][:4] == [
        row["id"] for row in first
    ]
    blocks.apply(confirmed=[Confirmed(row["subject"], "", b"x") for row in first])
    assert blocks.statuses() == ["confirmed"] * 4 + ["issued"] * 2
    blocks.runner.run(two.outbox_done([row["id"] for row in second]))
    assert blocks.one("SELECT count(*) FROM outbox") == 0


def test_an_effect_says_whether_it_may_have_been_sent(blocks: PostgresBook) -> None:
    """Tried before, or leased by a relay that never gave it back: the platform is asked before it is sent."""
    pay_for(blocks, *names(3))
    blocks.issue()
    one, two = blocks.ledger.shared, blocks.another().ledger.shared

    def leased(relay: SharedLedger, limit: int = 3) -> list[int]:
        rows = blocks.runner.run(relay.outbox("confirm", limit, blocks.now))
        return [row["attempts"] for row in sorted(rows, key=lambda row: row["id"])]

    assert leased(one) == [0, 0, 0]
    ids = [id_ for (id_,) in blocks.rows("SELECT id FROM outbox ORDER BY id")]
    blocks.runner.run(one.outbox_later([(ids[0], blocks.now, None), (ids[1], blocks.now, FaultRecord("BH-DLV-002"))]))
    blocks.runner.run(one.outbox_back(ids[2:], blocks.now))
    assert blocks.rows("SELECT fault IS NOT NULL FROM outbox ORDER BY id") == [(False,), (True,), (False,)]
    assert leased(one) == [1, 1, 0]
    blocks.expire()  # it died with all of them
    assert leased(two, 2) == [2, 2]
    blocks.runner.run(one.bury(two.owner))  # so did this one
    assert leased(one) == [3, 3, 1]


def test_units_that_are_left_alone_are_not_leased(blocks: PostgresBook) -> None:
    pay_for(blocks, *names(2))
    blocks.issue()
    shared = blocks.ledger.shared
    assert blocks.runner.run(shared.outbox("confirm", 4, blocks.now, {"demo"})) == []
    assert len(blocks.runner.run(shared.outbox("confirm", 4, blocks.now, {"another"}))) == 2


def test_whatever_way_the_database_joins_what_is_taken_keeps_its_limit(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = {"demo": replace(RULES, countersigned=True)}
    book = PostgresBook(server=server, dsn=server.awkward(), rules=rules).numbers()
    monkeypatch.setattr("hub.ledger.postgres.ledger._TIDY", 3)
    shared = book.ledger.shared
    for _ in range(6):  # looks at what is empty: the database plans for that, and keeps the plan
        assert not book.runner.run(shared.outbox("confirm", 4, book.now))
        assert not book.runner.run(shared.tidy(book.now))
        assert not book.apply(want=2).work
    pay_for(book, *names(6))
    assert len(book.apply(want=2).work) == 2
    book.expire()
    book.issue()
    first, second = (book.runner.run(shared.outbox("confirm", 4, book.now)) for _ in range(2))
    assert [len(first), len(second)] == [4, 2]
    assert book.one("SELECT count(*) FROM search_new") == 6
    assert book.runner.run(shared.tidy(book.now))
    assert book.one("SELECT count(*) FROM search_new") == 3
    book.close()
    server.drop(book.dsn)
