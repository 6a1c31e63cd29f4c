"""One unit's flood and the others: batches, lanes and a worker's transactions take units in turn; quotas let each pass.

What is measured is order and count, never time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.engine.cluster.lanes import MOST_PACKED, Lane, Parcel
from hub.engine.cluster.records import encode, partition_of, unpack
from hub.engine.cluster.taking import in_turn
from hub.engine.embedded.queue import MAX_BATCH, Delivery, Queue
from hub.engine.quota import LONGEST_SECONDS, Gate
from hub.errors import Fault, Retry
from hub.ledger.records import Submission
from hub.metrics.catalogue import TURNED_AWAY
from hub.sections.section import QuotaSection
from tests.ledger.book import charge, message


def one(unit: str, n: int) -> Submission:
    return message(f"{unit}{n}", charge(f"C{n}"), unit=unit)


def quiet(_verdicts: Sequence[Any], _fault: Any) -> None:
    """Nobody is answered."""


def test_a_batch_holds_everybodys_few_whatever_lies_before_them() -> None:
    queue = Queue()
    first = one("flood", 0)
    for _ in range(5_000):
        queue.add(Delivery([first], quiet))
    for n in range(10):
        queue.add(Delivery([one("few", n)], quiet))
    _, submissions = queue.take()
    few = [place for place, submission in enumerate(submissions) if submission.unit == "few"]
    assert len(few) == 10
    assert few[-1] < 25, "its ten come among the first twenty or so"


def test_a_large_delivery_costs_its_unit_as_many_turns_as_it_holds_messages() -> None:
    queue = Queue()
    big = one("big", 0)
    for _ in range(4):
        queue.add(Delivery([big] * 200, quiet))
    for n in range(300):
        queue.add(Delivery([one("small", n % 3)], quiet))
    taken = Counter(submission.unit for _ in range(2) for submission in queue.take()[1])
    assert taken["small"] >= 200


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=30), st.integers(0, 3))
def test_units_keep_their_order_and_a_mark_comes_after_all_before_it(said: list[tuple[str, int]], alone: int) -> None:
    queue = Queue()
    came: list[tuple[Delivery, int]] = []
    for number, (unit, size) in enumerate(said):
        delivery = Delivery([one(unit, number)] * size, quiet)  # of no messages: a mark
        came.append((delivery, number))
        queue.add(delivery)
    queue.alone = alone
    order: list[Delivery] = []
    while queue:
        before = len(order)
        taken, _ = queue.take()
        order += taken
        assert len(order) > before, "a queue that is not empty gives something"
        if alone > 0:
            assert sum(bool(delivery.submissions) for delivery in taken) <= 1
            alone -= 1
    place = {id(delivery): at for at, delivery in enumerate(order)}
    assert len(place) == len(came) == len(order)
    for delivery, number in came:
        for earlier, _ in came[:number]:
            same = delivery.submissions and earlier.submissions
            if not delivery.submissions or (same and delivery.submissions[0].unit == earlier.submissions[0].unit):
                assert place[id(earlier)] < place[id(delivery)]


def test_what_is_put_back_comes_first_in_its_order() -> None:
    queue = Queue()
    for n in range(3):
        queue.add(Delivery([one("a", n)], quiet))
        queue.add(Delivery([one("b", n)], quiet))
    taken, submissions = queue.take()
    queue.put_back(taken)
    queue.add(Delivery([one("c", 0)], quiet))
    queue.alone = len(taken)
    assert [queue.take()[1][0] for _ in taken] == submissions
    assert len(submissions) <= MAX_BATCH


async def test_a_lane_packs_units_in_turn_while_the_broker_is_slow() -> None:
    sent: list[list[str]] = []

    class Broker:
        async def send(self, topic: str, partition: int, value: bytes) -> None:
            sent.append([found.unit for found in unpack(value) if isinstance(found, Submission)])

    done: list[str] = []
    lane = Lane(Broker(), "events", 0)
    flood = encode(one("flood", 0))
    for _ in range(MOST_PACKED * 3):
        lane.put(Parcel(flood, done.append, lambda: True, "flood"))
    for n in range(10):
        lane.put(Parcel(encode(one("few", n)), done.append, lambda: True, "few"))
    assert lane.task is not None
    await lane.task
    assert sent[0].count("few") == 10
    assert len(done) == MOST_PACKED * 3 + 10


def test_a_workers_first_transaction_holds_everybodys_few() -> None:
    flood = [one("flood", n) for n in range(2_000)]
    few = [one("few", n) for n in range(10)]
    ordered = in_turn([*flood, *few])
    assert [submission for submission in ordered if submission.unit == "flood"] == flood
    assert [submission for submission in ordered if submission.unit == "few"] == few
    assert {submission.unit for submission in ordered[:20]} == {"flood", "few"}
    assert sum(submission.unit == "few" for submission in ordered[:25]) == 10


def test_a_flood_reaches_only_its_units_few_partitions() -> None:
    used = {partition_of(one("flood", n), 24, 3) for n in range(500)}
    assert len(used) == 3
    untouched = 0
    for unit in range(200):
        theirs = {partition_of(one(f"unit-{unit}", n), 24, 3) for n in range(30)}
        assert len(theirs) <= 3
        untouched += not theirs & used
    assert untouched >= 140, "most units share no partition with it"
    assert {partition_of(one("flood", n), 24, 0) for n in range(500)} == set(range(24))
    assert {partition_of(one("flood", n), 2, 3) for n in range(500)} == {0, 1}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def gate(**quota: int) -> tuple[Gate, Clock]:
    clock = Clock()
    return Gate(clock, {unit: QuotaSection(**quota) for unit in ("a", "b")}), clock


def passes(at: Gate, unit: str, messages: int = 1) -> Fault | None:
    try:
        with at.passing(unit) as holds:
            holds(messages)
    except Retry as fault:
        return fault
    return None


def test_a_flood_meets_its_own_quota_and_nobody_elses() -> None:
    at, clock = gate(per_second=10, burst=50)
    before = TURNED_AWAY.values.get(("quota",), [0.0])[0]
    told = [passes(at, "a") for _ in range(80)]
    assert [fault is None for fault in told] == [True] * 50 + [False] * 30
    assert told[-1] is not None
    assert told[-1].code.code == "BH-ENG-020"
    assert told[-1].values["retry_after"] == 1
    assert all(passes(at, "b") is None for _ in range(50))
    clock.now += 1
    assert [passes(at, "a") is None for _ in range(11)] == [True] * 10 + [False]
    assert at.turned_away == {"a": 31}
    assert TURNED_AWAY.values["quota",] == [before + 31]


def test_a_file_of_many_messages_is_let_in_and_paid_off() -> None:
    at, clock = gate(per_second=10, burst=50)
    assert passes(at, "a", 1050) is None
    fault = passes(at, "a")
    assert fault is not None
    assert fault.values["retry_after"] == 101
    clock.now += 101
    assert passes(at, "a") is None
    clock.now += 10
    assert passes(at, "a", 10**9) is None
    later = passes(at, "a")
    assert later is not None
    assert later.values["retry_after"] == LONGEST_SECONDS


def test_what_is_under_way_is_limited_for_each_unit() -> None:
    at, _ = gate(in_flight=2)
    with at.passing("a"), at.passing("a"):
        fault = passes(at, "a")
        assert fault is not None
        assert fault.code.code == "BH-ENG-020"
        assert passes(at, "b") is None
    assert passes(at, "a") is None


@pytest.mark.parametrize("unit", ["a", "stranger"])
def test_a_paused_units_doors_are_closed(unit: str) -> None:
    at, _ = gate()
    at.closed = frozenset([unit])
    fault = passes(at, unit)
    assert fault is not None
    assert (fault.code.code, fault.values["retry_after"]) == ("BH-LED-062", 60)
    assert passes(at, "b") is None
