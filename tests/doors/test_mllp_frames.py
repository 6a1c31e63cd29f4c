"""MLLP framing, by bytes alone: any sloppiness of senders, in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.doors.mllp_frames import Frames

_message = st.binary(max_size=40).map(lambda raw: raw.replace(b"\x0b", b"").replace(b"\x1c", b""))
_junk = st.sampled_from([b"", b"\r\n", b"\n", b"junk", b"MSH|unframed\r", b"\x1c\r", b"\x00"])
_end = st.sampled_from([b"\x1c\r", b"\x1c\r\n", b"\x1c"])


def _cut(frames: Frames) -> list[bytes]:
    got = []
    while (message := frames.next()) is not None:
        got.append(message)
    return got


@settings(max_examples=300)
@given(st.lists(st.tuples(_junk, _message, _end), max_size=6), st.lists(st.integers(1, 30), max_size=30))
def test_any_pieces_of_any_frames_give_the_same_messages(
    parts: list[tuple[bytes, bytes, bytes]], sizes: list[int]
) -> None:
    raw, wanted = b"", []
    for junk, message, end in parts:
        # Behind an end without 0x0D there may be no junk: it would be the message's own bytes.
        raw += (b"" if raw.endswith(b"\x1c") else junk) + b"\x0b" + message + end
        wanted.append(message)
    frames = Frames()
    got: list[bytes] = []
    position = 0
    for size in [*sizes, len(raw)]:
        frames.feed(raw[position : position + size])
        position += size
        got += _cut(frames)
    last = frames.take_ended()
    got += [] if last is None else [last]
    assert got == wanted
    assert frames.rest == "nothing" or not wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"\x0b\x1c\r", [b""]),
        (b"\x0bone\x1c\x0btwo\x1c\r", [b"one", b"two"]),
        (b"\x0bstray \x1c inside\x1c\r", [b"stray \x1c inside"]),
        (b"\x0bline \x0b inside\x1c\r", [b"line \x0b inside"]),
        (b"\x0bMSH|half\x0bMSH|whole\x1c\r", [b"MSH|whole"]),
        (b"\x0bMSH|a\x1c", []),
        (b"MSH|a\r", []),
        (b"\x1c\r\x0ba\x1c\r", [b"a"]),
    ],
)
def test_what_makes_a_message(raw: bytes, wanted: list[bytes]) -> None:
    whole, single = Frames(), Frames()
    whole.feed(raw)
    assert _cut(whole) == wanted
    got = []
    for position in range(len(raw)):
        single.feed(raw[position : position + 1])
        got += _cut(single)
    assert got == wanted
    assert (single.halves, single.junk) == (whole.halves, whole.junk)


def test_junk_and_halves_are_counted() -> None:
    frames = Frames()
    frames.feed(b"\r\nabc\r\x0bMSH|half\x0bMSH|x\x1c\r")
    assert _cut(frames) == [b"MSH|x"]
    assert (frames.junk, frames.halves) == (3, 1)


def test_blanks_between_messages_are_not_kept() -> None:
    frames = Frames()
    for _ in range(100):
        frames.feed(b"\r\n" * 100)
        assert frames.next() is None
    assert frames.size == 0
