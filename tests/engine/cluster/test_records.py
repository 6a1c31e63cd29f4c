"""Records: what was packed comes out as it was, the first release's bytes stay readable, and nothing makes it fail."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.engine.cluster.poison import NOBODY, Place, set_aside, submissions_of
from hub.engine.cluster.records import FORMAT, SCHEMA, Garbage, Newer, encode, pack, partition_of, unpack
from hub.engine.envelope import unpack as opened
from hub.ledger import aad
from hub.ledger.records import FaultRecord, Submission
from tests.ledger.book import VAULT, charge, message, order, payment, refused

FIXTURE = Path(__file__).parent / "fixtures" / "release-1.msgpack"
"""Kafka messages as the first release wrote them. Never rewrite it: it stands for what lies on brokers of the world."""
PLACE = Place("billhub.events", 3, 77)
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
BYTES = pack([encode(message("m", charge(), payment()))])


def read(value: bytes | None) -> list[Submission]:
    return submissions_of(value, PLACE, VAULT, NOW)


def test_what_was_packed_comes_out_in_its_order() -> None:
    sent = [message("a", charge("C1")), refused(), message("b", payment(), fault=FaultRecord("BH-X", "w", {"k": "v"}))]
    assert unpack(pack([encode(one) for one in sent])) == sent
    assert read(pack([encode(one) for one in sent])) == sent


def test_the_first_releases_messages_are_read_as_it_wrote_them() -> None:
    first, second = msgspec.msgpack.decode(FIXTURE.read_bytes(), type=list[bytes])
    one, two, three = unpack(first)
    (four,) = unpack(second)
    assert isinstance(one, Submission)
    assert isinstance(two, Submission)
    assert isinstance(three, Submission)
    assert isinstance(four, Submission)
    assert (one.id, one.unit, one.source) == ("0f3a", "demo", "his")
    assert (one.kind, one.identity, one.revision, one.answer) == (
        "DFT^P03",
        "MSH10",
        "his/hl7v2/dft-p03@1a2b",
        "applied",
    )
    assert (one.at, one.fingerprint, one.body) == ("2026-03-01T08:00:00.000+00:00", b"\x01" * 32, b"sealed message")
    assert [(event.id, event.body) for event in one.events] == [("0f3a-0", b"sealed charge"), ("0f3a-1", b"sealed pay")]
    assert one.events[0].fact["keys"] == [["charge", "C1"], ["visit", "V1"]]
    assert one.events[1].fact["amount"] == 5000
    assert one.question == {"key": "value", "n": 1}
    assert (one.place, one.fault, one.replay) == ("applied", None, False)
    assert (two.place, two.fault, two.events) == ("parked", FaultRecord("BH-MAP-001", "PID-5", {"found": "x"}), [])
    assert (three.replay, three.answer) == (True, "issued")
    assert (four.place, four.fault, four.unit) == ("refused", FaultRecord("BH-ALI-001"), "demo")


def test_a_field_that_a_later_release_adds_does_no_harm() -> None:
    known = msgspec.msgpack.decode(encode(message("m", charge())))
    later = msgspec.msgpack.encode([SCHEMA, [*known[1], "something new", 5]])
    (found,) = unpack(pack([later]))
    assert isinstance(found, Submission)
    assert found.identity == "m"


def test_a_newer_releases_message_parks_whole_and_its_neighbours_do_not() -> None:
    newer = message("n", charge("C2"))
    head = [newer.id, newer.unit, newer.source, newer.at, newer.fingerprint, newer.body]
    later = msgspec.msgpack.encode([SCHEMA + 1, [*head, {"events": "in another form"}]])
    good = message("g", charge("C1"))
    one, two = read(pack([later, encode(good)]))
    assert two == good
    assert (one.id, one.unit, one.place, one.body) == (newer.id, "demo", "parked", newer.body)
    assert one.fault is not None
    assert one.fault.code == "BH-CLU-004"


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"hello",
        b"\xff" * 40,
        BYTES[:-1],
        BYTES + b"\x00",
        pack([b"\x92\x01\xc0"]),
        pack([b"\x92\x00" + encode(message("m"))[2:]]),
        bytes([0x92, FORMAT + 1]) + BYTES[2:],
        b"\x91" * 5000 + b"\xc0",
        b"\x92\x01\xdd\xff\xff\xff\xff",
        pack([b"\x92\x01\xdd\xff\xff\xff\xff"]),
        pack([b"\x92\x02\x90"]),
    ],
)
def test_garbage_is_refused_and_kept_whole(value: bytes | None) -> None:
    first, again = read(value), read(value)
    (kept,) = first
    assert (kept.unit, kept.place) == (NOBODY, "refused")
    assert kept.fault == FaultRecord("BH-CLU-005", "billhub.events-3@77", {"topic": "billhub.events"})
    inside = opened(VAULT.open(NOBODY, aad.REFUSED, kept.body)).body
    assert inside in (value or b"")
    assert len(inside) >= len(value or b"") - 7
    assert [one.id for one in first] == [one.id for one in again]


@given(st.binary(max_size=300), st.integers(0, len(BYTES)), st.integers(0, 40))
def test_no_bytes_whatever_make_it_fail(junk: bytes, at: int, cut: int) -> None:
    for value in (junk, BYTES[:at] + junk + BYTES[at + cut :]):
        for found in unpack(value):
            assert isinstance(found, Submission | Newer | Garbage)
        assert all(isinstance(one, Submission) for one in read(value))


def test_a_submission_the_program_fails_on_parks_without_its_events() -> None:
    made = set_aside(message("m", charge()), ValueError("x"))
    assert (made.place, made.events) == ("parked", [])
    assert made.fault == FaultRecord("BH-LED-002", "", {"found": "ValueError"})
    kept = refused()
    assert set_aside(kept, ValueError()) == kept


def test_what_belongs_together_goes_to_one_partition_and_the_rest_spreads() -> None:
    one = partition_of(message("a", charge("C1")), 12)
    assert partition_of(message("b", payment("C1")), 12) == one
    assert partition_of(message("c", order("O1", "C1")), 12) == one
    assert partition_of(message("c", charge("C1"), unit="other"), 12) != one
    spread = Counter(partition_of(message(f"m{n}", charge(f"C{n}")), 12) for n in range(1200))
    assert len(spread) == 12
    assert max(spread.values()) < 150
    lost = Counter(partition_of(message(f"m{n}"), 12) for n in range(1200))
    assert len(lost) == 12
