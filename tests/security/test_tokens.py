"""API keys and cursors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Reject
from hub.security.tokens import Cursors, bearer, check_key, key_id, new_key


def test_a_key_opens_and_nothing_else_does() -> None:
    text, stored = new_key("demo-life", ["bills:read"])
    known = {stored.id: stored}
    assert check_key(text, known) is stored
    assert key_id(text) == stored.id
    assert text.rpartition("_")[2].encode() not in stored.hash + stored.salt
    other, _ = new_key("demo-life", ["bills:read"])
    for wrong in (
        "",
        text[:-1],
        text + "A",
        other,
        text.upper(),
        f"bh_{stored.id}_",
        "bh__",
        text.replace("bh_", "xx_"),
    ):
        with pytest.raises(Reject) as caught:
            check_key(wrong, known)
        assert caught.value.code.code == "BH-SEC-030"


def test_scopes() -> None:
    _, stored = new_key("demo-life", ["bills:read"])
    stored.require("bills:read")
    with pytest.raises(Reject) as caught:
        stored.require("bills:claim")
    assert "bills:claim" in caught.value.what("en")


def test_the_header() -> None:
    assert bearer("Bearer abc") == "abc"
    assert bearer("bearer  abc ") == "abc"
    for wrong in ("", "Bearer", "Bearer ", "Basic abc", "abc"):
        with pytest.raises(Reject):
            bearer(wrong)


CURSORS = Cursors(bytes(32))


@given(
    st.dictionaries(st.text(max_size=5), st.integers(0, 2**53) | st.text(max_size=9), max_size=3), st.text(max_size=9)
)
def test_a_cursor_comes_back_as_it_was(place: dict[str, str | int], owner: str) -> None:
    cursor = CURSORS.make(owner, place)
    assert CURSORS.read(owner, cursor) == place
    assert cursor.replace("-", "a").replace("_", "a").isalnum()


def test_a_cursor_is_its_owners_and_this_hubs_and_whole() -> None:
    cursor = CURSORS.make("a", {"after": 17})
    wrong = [("b", cursor), ("a", ""), ("a", cursor[:-1]), ("a", cursor + "A"), ("a", "é"), ("a", "x" * 5000)]
    wrong += [("a", cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]) for at in range(len(cursor))]
    wrong.append(("a", cursor[:-1] + chr(ord(cursor[-1]) + 1)))  # only the spare bits differ
    wrong.append(("a", Cursors(bytes(31) + b"x").make("a", {"after": 17})))
    for owner, text in wrong:
        with pytest.raises(Reject) as caught:
            CURSORS.read(owner, text)
        assert caught.value.code.code == "BH-SEC-032"
