from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bill import faults
from hub.bill.identity import (
    USCC_ALPHABET,
    citizen_check,
    citizen_fault,
    hmt_residence_fault,
    id_type_of,
    identity_fault,
    uscc_check,
    uscc_fault,
)
from tests.bill.strategies import citizen_numbers, credit_codes


def with_check(first17: str) -> str:
    return first17 + citizen_check(first17)


@pytest.mark.parametrize(("first17", "check"), [("12320900E87506531", "9"), ("9144030071526726X", "G")])
def test_known_credit_codes(first17: str, check: str) -> None:
    assert uscc_check(first17) == check
    assert uscc_fault(first17 + check) is None


def test_a_known_citizen_number() -> None:
    assert citizen_check("11010519491231002") == "X"
    assert citizen_fault("11010519491231002X") is None


@given(citizen_numbers())
def test_a_right_citizen_number_is_right_and_proves_its_kind(number: str) -> None:
    assert citizen_fault(number) is None
    assert id_type_of(number) == "citizen_no"


@given(citizen_numbers(), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(number: str, at: int, by: int) -> None:
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert citizen_fault(wrong) is not None


@given(citizen_numbers(), st.integers(0, 15))
def test_two_swapped_neighbours_never_pass(number: str, at: int) -> None:
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert swapped == number or citizen_fault(swapped) is not None


@given(credit_codes())
def test_a_right_credit_code_is_right(code: str) -> None:
    assert uscc_fault(code) is None
    assert id_type_of(code) in ("uscc", "citizen_no")  # eighteen digits may be both; the citizen's check is stricter


@given(st.text(USCC_ALPHABET, min_size=17, max_size=17))
def test_the_credit_codes_check_makes_the_weighted_sum_vanish(first17: str) -> None:
    code = first17 + uscc_check(first17)
    weights = [pow(3, power, 31) for power in range(17)] + [1]
    assert sum(USCC_ALPHABET.index(letter) * weight for letter, weight in zip(code, weights, strict=True)) % 31 == 0


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_citizen_numbers_check_is_iso_7064_mod_11_2(first17: str) -> None:
    values = [*map(int, first17), "0123456789X".index(citizen_check(first17))]
    assert sum(value * 2 ** (17 - place) for place, value in enumerate(values)) % 11 == 1


@given(credit_codes(), st.integers(0, 17), st.integers(1, 30))
def test_one_wrong_character_of_a_credit_code_never_passes(code: str, at: int, by: int) -> None:
    other = USCC_ALPHABET[(USCC_ALPHABET.index(code[at]) + by) % 31]
    assert uscc_fault(code[:at] + other + code[at + 1 :]) is not None


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_look_like_digits_are_in_no_credit_code(letter: str) -> None:
    assert uscc_fault("9144030071526726" + letter + "G") is faults.IDENTITY_SHAPE


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("990101900229001", faults.IDENTITY_DATE),  # 15 digits, 29 February 1990
        ("99010190022900", faults.IDENTITY_SHAPE),
        ("99010119900229001X", faults.IDENTITY_DATE),
        ("990101199013010015", faults.IDENTITY_DATE),
        ("990101199003070010x", faults.IDENTITY_SHAPE),
        ("11010519491231002x", faults.IDENTITY_SHAPE),  # normalise writes X large before anything is judged
        ("１１０１０５１９４９１２３１００２X", faults.IDENTITY_SHAPE),
        ("11010519491231002²", faults.IDENTITY_SHAPE),
        ("", faults.IDENTITY_SHAPE),
        ("11010519491231002X\n", faults.IDENTITY_SHAPE),
        ("110105194912310021", faults.IDENTITY_CHECK),
    ],
)
def test_what_is_wrong_with_a_citizen_number(number: str, fault: object) -> None:
    assert citizen_fault(number) is fault


def test_leap_days_are_real_days() -> None:
    assert citizen_fault(with_check("99010120000229001")) is None
    assert citizen_fault("990101960229001") is None  # 1996 in fifteen digits


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
def test_residence_permits_follow_the_same_rule(region: str) -> None:
    number = with_check(region + "19900307001")
    assert hmt_residence_fault(number) is None
    assert id_type_of(number) == "hmt_residence"
    assert hmt_residence_fault(number[:-1] + ("0" if number[-1] != "0" else "1")) is faults.IDENTITY_CHECK


def test_a_citizen_number_is_no_residence_permit() -> None:
    assert hmt_residence_fault("11010519491231002X") is faults.IDENTITY_SHAPE


@given(
    st.text(max_size=40),
    st.sampled_from(["passport", "birth_certificate", "hm_pass", "taiwan_pass", "other", "site9", None]),
)
def test_documents_without_a_public_rule_are_never_wrong(number: str, kind: str | None) -> None:
    assert identity_fault(kind, number) is None


@given(st.text(max_size=20))
def test_any_text_is_judged_without_a_crash(text: str) -> None:
    for kind in ("citizen_no", "citizen_no_15", "uscc", "hmt_residence"):
        identity_fault(kind, text)
    id_type_of(text)


def test_fifteen_digits_prove_nothing() -> None:
    assert id_type_of("990101960229001") is None
    assert identity_fault("citizen_no_15", "990101960229001") is None
    assert identity_fault("citizen_no_15", "11010519491231002X") is faults.IDENTITY_SHAPE
