"""Contexts of traces as they travel in a record's headers, and which traces are kept. The whole way: test_seen.py."""

from __future__ import annotations

import hashlib

import pytest

from hub.ledger.records import Submission
from hub.tracing.contexts import Context, contexts, headers, kept


def test_a_packed_record_carries_a_context_for_each_message_that_is_traced() -> None:
    produced, first, third = Context(1, 2), Context(3, 4), Context(5, 6)
    told = headers(produced, [(0, first), (2, third)])
    assert told[0] == ("traceparent", b"00-00000000000000000000000000000001-0000000000000002-01")
    assert contexts(told) == (produced, {0: first, 2: third})
    assert contexts(dict(told[:2])) == (produced, {0: first})


@pytest.mark.parametrize(
    "text", [b"", b"00-1-2-01", b"\xff\xfe", b"99999999 x", b"1 00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"]
)
def test_what_is_no_context_is_left_out(text: bytes) -> None:
    assert contexts([("traceparent", text), ("billhub-event", text), ("other", text)]) == (None, {})


def test_every_process_keeps_the_same_traces() -> None:
    ids = [hashlib.sha256(str(number).encode()).hexdigest()[:32] for number in range(10_000)]
    assert all(kept(id_, 1) for id_ in ids)
    assert 800 < sum(kept(id_, 10) for id_ in ids) < 1200
    assert Submission.__struct_fields__[0] == "id"  # every schema begins with it: what a trace is called by
