"""A message under a mapping: the events it makes, and what it parks for."""

from __future__ import annotations

import pytest

from hub.bill.event import Charge, Order, Payment
from hub.errors import Fault, Park, Reject
from hub.mapping import load_mapping, run_first_matching
from tests.mapping.trees import AT, demo, dft, ft1, written, xml


def park(mapping, tree) -> Fault:
    with pytest.raises(Park) as caught:
        mapping.run(tree, AT)
    return caught.value


def test_a_dft_with_charge_and_payment_lines_makes_both_events():
    lines = (
        ft1("CG", "CXR", "胸片", "80.00"),
        ft1("CD", "0104", "退化验", "10.00"),
        ft1("PY", "ALI", "", "70.00", "T1"),
    )
    made = demo("dft").run(dft(*lines), AT)
    charge, payment = made.events
    assert isinstance(charge, Charge)
    assert [(item.code, item.name, int(item.amount_fen)) for item in charge.items] == [
        ("0103", "胸片", 8000),
        ("0104", "退化验", -1000),
    ]
    assert charge.total_fen == 7000
    assert (charge.payer.name, charge.payer.id_no) == ("张测试", "11010519491231002X")
    assert isinstance(payment, Payment)
    assert (payment.channel, payment.trade_no, payment.amount_fen) == ("04", "T1", 7000)
    assert payment.paid_at.isoformat() == "2026-03-01T10:15:00+08:00"


def test_a_dft_of_payments_only_makes_no_charge_and_says_so():
    made = demo("dft").run(dft(ft1("PY", "CASH", "", "1.00")), AT)
    assert [event.kind for event in made.events] == ["payment"]
    assert [flag.code for flag in made.flags] == ["BH-MAP-021"]


def test_a_dft_without_any_line_parks():
    assert park(demo("dft"), dft()).code.code == "BH-MAP-009"


def test_no_charge_number_parks_and_says_where_without_the_patient():
    fault = park(demo("dft"), dft(ft1("CG", "CXR", "胸片", "80.00"), charge_no=""))
    assert fault.code.code == "BH-MAP-001"
    assert "charge_no ← PV1-19.1 (his/demo/dft.yaml:11)" in fault.where
    assert "张" not in str(fault.json())


def test_explicitly_empty_is_empty():
    assert park(demo("dft"), dft(ft1("CG", "CXR", "胸片", "80.00"), charge_no='""')).code.code == "BH-MAP-001"


def test_an_unknown_item_code_parks_and_names_the_code():
    fault = park(demo("dft"), dft(ft1("CG", "NEW1", "新", "80.00")))
    assert (fault.code.code, fault.values["found"]) == ("BH-MAP-003", "NEW1")
    assert fault.where == "items.code ← FT1-7.1 (his/demo/dft.yaml:21)"


def test_what_a_wrong_path_finds_in_place_of_a_code_is_not_shown():
    fault = park(demo("dft"), dft(ft1("CG", "11010519491231002X", "新", "80.00")))
    assert fault.values["found"] == "99999999999999999A"


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e9999", "8,0", "张三", "１.00", "1.005", "0x10", "1_0", "9" * 30]
)
def test_what_is_no_amount_parks(amount):
    fault = park(demo("dft"), dft(ft1("CG", "CXR", "胸片", amount)))
    assert fault.code.code == "BH-MAP-004"
    assert "张三" not in str(fault.json())


def test_an_unreadable_time_parks():
    tree = dft(ft1("CG", "CXR", "胸片", "1.00"))
    tree["segments"][1][2] = "2026-13-01"
    assert park(demo("dft"), tree).code.code == "BH-MAP-005"


def test_a_text_that_is_too_long_parks_without_being_quoted():
    fault = park(demo("dft"), dft(ft1("CG", "CXR", "胸" * 1001, "1.00")))
    assert fault.code.code == "BH-MAP-007"
    assert "items.name ← FT1-7.2 | FT1-8" in fault.where
    assert "胸" not in str(fault.json())


def test_a_charge_no_bill_may_come_of_parks_with_the_judges_code():
    fault = park(demo("dft"), dft(ft1("CD", "CXR", "胸片", "80.00")))
    assert fault.code.code.startswith("BH-BIL-")
    assert fault.where.startswith("charge.total_fen")


def test_a_message_that_no_mapping_takes_is_refused():
    tree = dft(ft1("CG", "CXR", "胸片", "1.00"))
    tree["segments"][0][9] = [["ADT", "A01"]]
    with pytest.raises(Reject) as refused:
        run_first_matching([demo("dft")], tree, AT)
    assert (refused.value.code.code, refused.value.where) == ("BH-MAP-020", "his/demo/dft")


def test_a_charge_is_judged_by_the_kind_of_the_bill_it_makes():
    line = ft1("CG", "CXR", "胸片", "200000.00")  # more than any registration costs
    with pytest.raises(Park) as parked:
        run_first_matching([demo("dft")], dft(line), AT, {"": "medical_registration"})
    assert parked.value.code.code == "BH-BIL-013"
    assert demo("dft").run(dft(line), AT, {"": "medical_outpatient"}).events
    assert demo("dft").run(dft(line), AT).events


def test_every_mapping_that_holds_is_run_in_order():
    tree = dft(ft1("CG", "CXR", "胸片", "1.00"))
    made = run_first_matching([demo("dft"), demo("dft")], tree, AT)
    assert [event.kind for event in made.events] == ["charge", "charge"]


def test_a_tree_of_another_kind_parks_and_does_not_match():
    assert park(demo("dft"), {"a": 1}).code.code == "BH-MAP-010"
    assert not demo("dft").matches(None)


XML = """<Bill><Header><Type>bill</Type><No>0012</No><Total>150</Total><At>2026-03-01 08:00:00</At></Header>
<Payer name="示例公司"/><Lines year="2026"><Line code="01" kind="a"><Name>甲</Name><Amount>0200</Amount></Line>
<Line code="02" kind="b"><Name>乙</Name><Amount>9</Amount></Line></Lines><Extra amount="50">优惠</Extra></Bill>"""


def test_xml_by_xpath_with_several_blocks_of_items():
    (charge,) = demo("bill").run(xml(XML), AT).events
    assert [(i.code, i.name, int(i.amount_fen), i.receipt) for i in charge.items] == [
        ("01", "甲-2026", 200, "fiscal"),
        ("09", "优惠", -50, "other"),
    ]
    assert (charge.charge_no, charge.payer.name, charge.total_fen) == ("0012", "示例公司", 150)
    assert charge.extensions[0].value == "无"


def test_json_by_jmespath_relative_and_from_the_root():
    tree = {
        "data": {
            "order": {"no": "O1", "charges": ["007", "8"]},
            "tags": [{"name": "x", "value": "1"}, {"name": "m", "value": "2088"}],
            "pays": [
                {"no": "1", "amount": "1.50", "at": "0228235959"},
                {"no": "2", "amount": ""},
                {"no": "3", "amount": "2", "at": "1231235959"},
            ],
        }
    }
    first, second, order = demo("pay").run(tree, AT).events
    assert (first.trade_no, first.order_no, first.merchant, int(first.amount_fen)) == ("1", "O1", "2088", 150)
    assert second.paid_at.isoformat() == "2025-12-31T23:59:59+08:00"
    assert isinstance(order, Order)
    assert order.charge_nos == ("007", "8")


def test_a_json_float_is_no_amount():
    tree = {"data": {"pays": [{"no": "1", "amount": 1.5}]}}
    assert park(demo("pay"), tree).code.code == "BH-MAP-008"


def test_several_json_values_are_not_one_text():
    tree = {"data": {"pays": [{"no": ["1", "2"], "amount": "1"}]}}
    assert park(demo("pay"), tree).code.code == "BH-MAP-008"
    tree["data"]["pays"][0]["no"] = ["1"]
    assert demo("pay").run(tree, AT).events[0].trade_no == "1"


def test_form_conditions_of_presence_and_absence():
    form = {"status": "TRADE_SUCCESS", "trade_no": "T", "total_amount": "0.01"}
    assert demo("form").matches(form)
    assert demo("form").run(form, AT).events[0].amount_fen == 1
    assert not demo("form").matches({**form, "refund": "1"})
    assert not demo("form").matches({**form, "status": "WAIT"})


def test_a_row_with_an_item_a_column_keeps_leading_zeros():
    row = {"学号": "0012", "学年": "2026", "XM": "测试甲", "学费": "5,000", "住宿费": "1200.00"}
    (charge,) = demo("row").run(row, AT).events
    assert charge.charge_no == "0012-2026"
    assert charge.education.student_no == "0012"
    assert charge.total_fen == 620000
    row.pop("住宿费")
    assert len(demo("row").run(row, AT).events[0].items) == 1


def test_inside_an_events_each_a_list_of_the_same_segment_is_the_current_one(tmp_path):
    path = written(
        tmp_path,
        """
mapping: m
reads: hl7v2
events:
  - emit: charge
    each: FT1
    fields:
      charge_no: {from: FT1-2}
      payer.name: {from: PID-5, via: [name_han]}
    items:
      each: FT1
      fields: {code: {from: FT1-7.1}, name: {from: FT1-7.2}, amount_fen: {from: FT1-11.1.1, via: [yuan]}}
""",
    )
    from hub.mapping import load_mapping

    made = load_mapping(path).run(dft(ft1("CG", "A", "甲", "1", "C1"), ft1("CG", "B", "乙", "2", "C2")), AT)
    assert [(e.charge_no, e.items[0].code, len(e.items)) for e in made.events] == [("C1", "A", 1), ("C2", "B", 1)]


REQUIRING = """mapping: m
reads: hl7v2
require:
  - {each: FT1, holds: {FT1-6: [CG, CO], FT1-11.1.2: ["", CNY]}}
  - {each: FT1, where: {FT1-6: CG}, holds: {FT1-7.1: "*"}}
events:
  - emit: charge
    fields: {charge_no: {from: PV1-19.1}, payer.name: {from: PID-5.1}}
    items:
      each: FT1
      where: {FT1-6: CG}
      fields: {code: {from: FT1-7.1}, name: {from: FT1-7.2}, amount_fen: {from: FT1-11.1.1, via: [yuan]}}
"""


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (ft1("CO", "", "", "1.00"), None),
        (ft1("CG", "CXR", "胸片", "80.00"), None),
        (ft1("cg", "CXR", "胸片", "80.00"), "FT1-6"),
        (ft1("", "CXR", "胸片", "80.00"), "FT1-6"),
        (ft1("CG", "", "胸片", "80.00"), "FT1-7.1"),
        ([*ft1("CG", "CXR", "胸片", "80.00")[:11], [[["80.00", "USD"]]]], "FT1-11.1.2"),
    ],
)
def test_a_line_that_is_not_as_required_parks_the_message(tmp_path, line, path):
    mapping = load_mapping(written(tmp_path, REQUIRING))
    tree = dft(ft1("CG", "CXR", "胸片", "80.00"), line)
    if path is None:
        assert mapping.run(tree, AT).events
        return
    fault = park(mapping, tree)
    assert fault.code.code == "BH-MAP-012"
    assert (fault.values["number"], fault.values["path"]) == (2, path)
    assert fault.where.startswith(f"{path} (m.yaml:")
