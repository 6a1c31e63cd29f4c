from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.bill.event import EVENT
from hub.bill.money import LIMIT, Fen
from hub.bill.normalise import normalise
from tests.bill.strategies import charges

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id_no", "name", "amount_fen"]), inner)
    ),
    max_leaves=8,
)
names = st.sampled_from(["kind", "charge_no", "payer", "items", "shares", "total_fen", "id_no", "remark", "charge_nos"])


def charge(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "charge",
        "charge_no": "C1",
        "payer": {"name": "测试一"},
        "items": [
            {"code": "01", "name": "床位费", "amount_fen": 100},
            {"code": "03", "name": "检查费", "amount_fen": 50},
        ],
    } | fields


def test_text_is_trimmed_and_what_is_empty_disappears_at_any_depth() -> None:
    made = normalise(charge(remark="  ", charge_no=" C1\t", details=[], medical={"gender": "", "age": None}))
    assert made["charge_no"] == "C1"
    assert made.keys().isdisjoint({"remark", "details", "medical"})


def test_zero_and_false_are_not_empty() -> None:
    made = normalise({"kind": "payment", "amount_fen": 0, "deposit": False, "channel": "04"})
    assert made == {"kind": "payment", "amount_fen": 0, "deposit": False, "channel": "04"}


def test_ids_become_half_width_and_names_do_not() -> None:
    made = normalise(
        charge(charge_no="Ｃ００１", payer={"name": "ＡＢ测试１", "phone": "１３８００００００００"}, remark="１号楼")
    )
    assert made["charge_no"] == "C001"
    assert made["payer"] == {"name": "ＡＢ测试１", "phone": "13800000000"}
    assert made["remark"] == "１号楼"


def test_ids_in_lists_become_half_width_too() -> None:
    assert normalise({"kind": "order", "charge_nos": ["Ｃ１", " "]})["charge_nos"] == ["C1"]


def test_the_total_is_the_sum_of_the_items_where_it_is_absent() -> None:
    total = normalise(charge())["total_fen"]
    assert total == 150
    assert type(total) is Fen


def test_a_given_total_stays_even_where_it_is_wrong() -> None:
    assert normalise(charge(total_fen=7))["total_fen"] == 7


def test_no_total_is_made_of_half_the_amounts() -> None:
    for amount in (None, "100", 1.0, True, LIMIT):
        items = [
            {"code": "01", "name": "床位费", "amount_fen": 100},
            {"code": "02", "name": "费", "amount_fen": amount},
        ]
        assert "total_fen" not in normalise(charge(items=items))


def test_cash_is_what_the_insurance_leaves() -> None:
    shares = normalise(charge(shares={"fund_fen": 60, "account_fen": 30}))["shares"]
    assert shares == {"fund_fen": 60, "account_fen": 30, "cash_fen": 60}
    assert type(shares["cash_fen"]) is Fen


def test_given_cash_stays() -> None:
    assert normalise(charge(shares={"fund_fen": 60, "cash_fen": 1}))["shares"]["cash_fen"] == 1


def test_no_cash_is_made_up_where_there_are_no_shares() -> None:
    assert "shares" not in normalise(charge(shares={}))


def test_a_small_x_becomes_large_and_a_proven_number_names_its_kind() -> None:
    made = normalise(charge(payer={"name": "测试一", "id_no": "11010519491231002x"}))
    assert made["payer"] == {"name": "测试一", "id_no": "11010519491231002X", "id_type": "citizen_no"}
    visit = normalise({"kind": "visit", "visit_no": "V1", "id_no": "１１０１０５１９４９１２３１００２ｘ"})
    assert visit["id_no"] == "11010519491231002X"
    assert visit["id_type"] == "citizen_no"


def test_a_given_kind_of_document_stays() -> None:
    payer = normalise(charge(payer={"name": "甲", "id_no": "11010519491231002X", "id_type": "other"}))["payer"]
    assert payer["id_type"] == "other"


def test_a_number_with_a_wrong_check_digit_proves_nothing() -> None:
    payer = normalise(charge(payer={"name": "甲", "id_no": "11010519491231003x"}))["payer"]
    assert payer == {"name": "甲", "id_no": "11010519491231003X"}


def test_a_passport_keeps_its_small_letters() -> None:
    assert normalise(charge(payer={"name": "甲", "id_no": "ab1234567x"}))["payer"]["id_no"] == "ab1234567x"


def test_items_are_fiscal_unless_they_say_otherwise() -> None:
    items = [
        {"code": "01", "name": "学费", "amount_fen": 1},
        {"code": "02", "name": "教材费", "amount_fen": 1, "receipt": "other"},
    ]
    assert [item["receipt"] for item in normalise(charge(items=items))["items"]] == ["fiscal", "other"]


@given(charges())
def test_normalising_twice_is_normalising_once(raw: dict[str, Any]) -> None:
    before = copy.deepcopy(raw)
    once = normalise(raw)
    assert raw == before
    assert normalise(once) == once
    EVENT.validate_python(once)


@given(charges())
def test_no_amount_that_was_given_ever_changes(raw: dict[str, Any]) -> None:
    made = normalise(raw)
    assert made["total_fen"] == raw["total_fen"]
    assert [item["amount_fen"] for item in made["items"]] == [item["amount_fen"] for item in raw["items"]]
    assert made.get("shares") == raw.get("shares")


@given(st.dictionaries(names, values | st.just("charge")))
def test_nonsense_is_left_to_the_models_without_a_crash(raw: dict[str, Any]) -> None:
    once = normalise(raw)
    assert normalise(once) == once
