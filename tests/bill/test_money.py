from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from hub.bill.money import LIMIT, ZERO, Fen, fen_from_yuan
from tests.bill.strategies import fens

small = st.integers(-(10**11), 10**11).map(Fen)


@given(fens)
def test_yuan_text_and_back_is_the_same_amount(amount: Fen) -> None:
    assert fen_from_yuan(amount.yuan) == amount
    assert Decimal(amount.yuan) * 100 == int(amount)


@given(small, small, small)
def test_fen_add_up_like_whole_numbers_and_stay_fen(a: Fen, b: Fen, c: Fen) -> None:
    assert a + b == b + a
    assert (a + b) - b == a
    assert type(a + b) is type(a - b) is type(5 - a) is type(-a) is type(+a) is type(abs(a)) is Fen
    assert 5 - a == Fen(5 - int(a))
    total = sum([a, b, c], ZERO)
    assert total == int(a) + int(b) + int(c)
    assert type(total) is type(sum([a, b, c])) is Fen


@given(small, st.integers(-1000, 1000))
def test_a_count_multiplies_fen_from_either_side(amount: Fen, count: int) -> None:
    assert amount * count == count * amount == int(amount) * count
    assert type(amount * count) is type(count * amount) is Fen


@given(small, small)
def test_fen_hash_order_copy_and_pickle_like_values(a: Fen, b: Fen) -> None:
    assert hash(a) == hash(int(a))
    assert {a: 1}[int(a)] == 1
    assert max(a, b) >= min(a, b)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(a, protocol))
        assert type(again) is Fen
        assert again == a
    assert copy.deepcopy(a) == a


def test_fen_show_as_their_digits() -> None:
    assert str(Fen(-5)) == f"{Fen(-5)}" == "-5"
    assert f"{Fen(12345):,}" == "12,345"
    assert f"{Fen(7):>4d}" == "   7"
    assert repr(Fen(5)) == "Fen(5)"
    assert Fen(-5).yuan == "-0.05"
    assert Fen(100).yuan == "1.00"


@pytest.mark.parametrize("other", [1.0, True, Decimal(1), "1", None, Fen(2)])
def test_only_a_plain_count_multiplies(other: object) -> None:
    with pytest.raises(TypeError):
        Fen(5) * other  # type: ignore[operator]


@pytest.mark.parametrize("other", [1.0, True, Decimal(1), "1", None])
def test_nothing_but_whole_numbers_is_added(other: object) -> None:
    with pytest.raises(TypeError):
        Fen(5) + other  # type: ignore[operator]
    with pytest.raises(TypeError):
        Fen(5) - other  # type: ignore[operator]


def test_fen_are_never_divided_nor_made_floats() -> None:
    for divide in (
        lambda: Fen(5) / 2,
        lambda: 5 / Fen(2),
        lambda: Fen(5) // 2,
        lambda: Fen(5) % 2,
        lambda: divmod(Fen(5), 2),
        lambda: Fen(5) ** 2,
        lambda: float(Fen(5)),
    ):
        with pytest.raises(TypeError):
            divide()
    with pytest.raises(ValueError):
        f"{Fen(5):.2f}"


def test_a_float_that_python_itself_makes_ends_at_the_next_fen() -> None:
    with pytest.raises(TypeError):
        Fen(1.5 + Fen(1))
    with pytest.raises(TypeError):
        sum([Fen(1), 0.5], ZERO)


@pytest.mark.parametrize("value", [1.0, True, Decimal(1), None, b"1"])
def test_fen_are_made_of_whole_numbers_only(value: object) -> None:
    with pytest.raises(TypeError):
        Fen(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "1.0", "１２", "1_000", "1e3", "0x10", "--1", "12\n", "NaN", str(LIMIT), f"-{LIMIT}"]
)
def test_fen_text_is_plain_digits(text: str) -> None:
    with pytest.raises(ValueError):
        Fen(text)


def test_the_limit_holds_at_every_door() -> None:
    assert Fen(LIMIT - 1) + 0 == LIMIT - 1
    for beyond in (
        lambda: Fen(LIMIT),
        lambda: Fen(LIMIT - 1) + 1,
        lambda: Fen(LIMIT - 1) * 2,
        lambda: fen_from_yuan("1e1"),
    ):
        with pytest.raises(ValueError):
            beyond()


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0), ("-0", 0), ("-0.00", 0), ("1", 100), ("+5", 500), ("-5", -500), ("1.2", 120), ("1.23", 123),
        ("1.2300", 123), ("0.050000", 5), (" 1 ", 100), ("\t2.00", 200), (".5", 50), ("-.05", -5), ("007.00", 700),
    ],
)  # fmt: skip
def test_yuan_texts_that_are_accepted(text: str, fen: int) -> None:
    assert fen_from_yuan(text) == fen
    assert type(fen_from_yuan(text)) is Fen


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "-", "+", "5.", "-.", "1e5", "1E2", "１２", "１２.００", "1，000", "1,000.00", "1 000", "NaN",
        "nan", "Infinity", "-Infinity", "0.001", "1.005", "0.0100001", "￥1", "1元", "0x1", "1_0", "--1", "1.2.3",
        "1\n", "٣", "9" * 16, "9" * 41, "1." + "0" * 41,
    ],
)  # fmt: skip
def test_yuan_texts_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        fen_from_yuan(text)
    assert text.strip() == "" or text not in str(refused.value) or len(text) < 3


@given(st.text(max_size=30))
def test_any_text_is_an_exact_amount_or_a_value_error(text: str) -> None:
    try:
        amount = fen_from_yuan(text)
    except ValueError:
        return
    assert Decimal(text.strip()) * 100 == int(amount)


class Priced(BaseModel):
    amount_fen: Fen


@pytest.mark.parametrize("value", [1.0, "1", True, LIMIT, None])
def test_a_model_takes_whole_numbers_only(value: object) -> None:
    with pytest.raises(ValidationError):
        Priced.model_validate({"amount_fen": value})


@pytest.mark.parametrize("text", [b'{"amount_fen": 1.0}', b'{"amount_fen": "1"}', b'{"amount_fen": 1e2}'])
def test_a_model_takes_whole_json_numbers_only(text: bytes) -> None:
    with pytest.raises(ValidationError):
        Priced.model_validate_json(text)


@given(fens)
def test_a_model_keeps_fen_as_fen(amount: Fen) -> None:
    again = Priced.model_validate_json(Priced(amount_fen=amount).model_dump_json())
    assert type(again.amount_fen) is Fen
    assert again.amount_fen == amount
