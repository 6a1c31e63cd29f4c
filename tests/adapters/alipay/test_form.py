"""The strict form reader: as a lenient one where a form is sound, and a refusal with a reason where it is not."""

from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.security.form import MAX_BYTES, MAX_FIELDS, FormError, read_form

VALUES = st.binary(max_size=40).filter(lambda value: not {0, 1} & set(value))
NAMES = st.binary(min_size=1, max_size=20).filter(lambda value: not {0, 1} & set(value))


@given(st.dictionaries(NAMES, VALUES, min_size=1))
def test_any_values_survive_the_round_trip(fields: dict[bytes, bytes]) -> None:
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields.items()).encode()
    assert read_form(body) == fields


@given(st.text("ab=&%+41 ~", min_size=1, max_size=30).map(str.encode))
def test_agrees_with_the_library_where_it_reads_at_all(body: bytes) -> None:
    try:
        mine = read_form(body)
    except FormError:
        return
    theirs = parse_qsl(body.decode(), keep_blank_values=True, encoding="latin-1")
    assert [(name.decode("latin-1"), value.decode("latin-1")) for name, value in mine.items()] == theirs


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        assert all(read_form(body))
    except FormError:
        return


def test_base64_padding_may_stand_unescaped() -> None:
    assert read_form(b"sign=AA%2B==&a=1") == {b"sign": b"AA+==", b"a": b"1"}


def test_line_ends_and_percent_signs_come_through() -> None:
    assert read_form(b"c=a%0D%0Ab%0D%0A&p=100%25&q=%3D41") == {b"c": b"a\r\nb\r\n", b"p": b"100%", b"q": b"=41"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"a=%", "escape"),
        (b"a=%4", "escape"),
        (b"a=%4&b=1", "escape"),
        (b"a=%zz", "escape"),
        (b"a=%u4e2d", "escape"),
        (b"a=1\r\n", "control"),
        (b"a=\x00", "control"),
        (b"a=%00b", "control"),
        (b"a=%01b", "control"),
        (b"a=1&&b=2", "pair"),
        (b"a=1&", "pair"),
        (b"a", "pair"),
        (b"a&b==c", "pair"),
        (b"=1", "pair"),
        (b"n" * 65 + b"=1", "pair"),
        (b"a=1&a=1", "duplicate"),
        (b"a=1&%61=2", "duplicate"),
        (b"a=b=c&a=2", "duplicate"),
        (b"a=" + b"x" * MAX_BYTES, "too_long"),
        (b"&".join(b"%d=" % n for n in range(MAX_FIELDS + 1)), "too_many"),
    ],
)
def test_refusals_say_why(body: bytes, reason: str) -> None:
    with pytest.raises(FormError) as refused:
        read_form(body)
    assert refused.value.reason == reason


def test_the_limits_themselves_are_allowed() -> None:
    assert len(read_form(b"&".join(b"%d=" % n for n in range(MAX_FIELDS)))) == MAX_FIELDS
    assert read_form(b"a=" + b"x" * (MAX_BYTES - 2))
