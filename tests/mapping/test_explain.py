"""Explaining says for every field where it came from, and agrees with what the run made."""

from __future__ import annotations

from typing import Any

from hub.mapping.coverage import Coverage
from hub.mapping.explain import explain
from tests.mapping.test_run import XML
from tests.mapping.trees import AT, demo, dft, ft1, xml

TREE = dft(ft1("CG", "CXR", "胸片", "80.00"), ft1("CD", "0104", "", "10"), ft1("PY", "ALI", "", "70.00", "T1"))


def flat(value: Any, before: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, one in value.items() for k, v in flat(one, f"{before}.{key}" if before else key).items()}
    if isinstance(value, list):
        return {k: v for index, one in enumerate(value) for k, v in flat(one, f"{before}[{index}]").items()}
    return {before: value}


def test_an_amount_is_traced_from_its_text_through_each_transform_to_its_line():
    tree = dft(ft1("CG", "CXR", "胸片", "80.00"), ft1("CD", "0104", "退", "10"))
    (found,) = [one for one in explain(demo("dft"), tree, AT) if one.field == "items[1].amount_fen"]
    assert found.json() == {
        "field": "items[1].amount_fen",
        "value": -1000,
        "from": "FT1-11.1.1",
        "text": "10",
        "via": [{"name": "yuan", "in": "10", "out": 1000}, {"name": "credit_if", "in": 1000, "out": -1000}],
        "at": "his/demo/dft.yaml:24",
        "event": 0,
    }


def test_what_is_explained_is_what_is_made():
    lines = (ft1("CG", "CXR", "胸片", "80.00"), ft1("PY", "ALI", "", "80.00", "T1"))
    for mapping, tree in ((demo("dft"), dft(*lines)), (demo("bill"), xml(XML))):
        made = [flat(event.to_dict()) for event in mapping.run(tree, AT).events]
        for one in explain(mapping, tree, AT):
            if one.value != "":
                assert made[one.event][one.field] == one.value, one.field


def test_the_first_path_that_gives_is_named():
    tree = dft(ft1("CG", "CXR", "", "80.00"))
    tree["segments"][-1][8] = "胸部平片"
    (found,) = [one for one in explain(demo("dft"), tree, AT) if one.field == "items[0].name"]
    assert (found.source, found.value) == ("FT1-8", "胸部平片")


def test_a_field_that_fails_is_explained_up_to_there_and_the_rest_too():
    found = {one.field: one for one in explain(demo("dft"), TREE, AT) if one.event == 0}
    assert found["items[1].name"].error == "BH-MAP-002"
    assert found["total_fen"].value == 7000
    bad = dft(ft1("CG", "NEW", "新", "x"))
    errors = {one.field: one.error for one in explain(demo("dft"), bad, AT) if one.error}
    assert errors == {"items[0].code": "BH-MAP-003", "items[0].amount_fen": "BH-MAP-004"}


def test_coverage_names_rules_and_source_fields_no_sample_exercised():
    coverage = Coverage(demo("dft"))
    coverage.add(dft(ft1("CG", "CXR", "胸片", "80.00")))
    assert [name.split(" (")[0] for name in coverage.unused_rules()] == [
        f"payment {name}" for name in ("charge_no", "channel", "trade_no", "amount_fen", "paid_at")
    ]
    assert coverage.unread_fields() == ["FT1-11.1.2", "MSH-10", "PV1-2"]
    coverage.add(dft(ft1("PY", "ALI", "", "70.00", "T1")))
    assert coverage.unused_rules() == []


def test_coverage_of_json_rows_and_xml():
    json = Coverage(demo("pay"))
    json.add({"data": {"order": {"no": "1", "x": "2"}, "pays": [{"no": "1", "amount": "1", "fee": "0"}], "y": ["z"]}})
    assert json.unread_fields() == ["data.order.x", "data.pays[].fee", "data.y"]
    row = Coverage(demo("row"))
    row.add({"学号": "1", "学年": "2", "姓名": "甲", "学费": "1", "备注": "x", "空": ""})
    assert row.unread_fields() == ["备注"]
    bill = Coverage(demo("bill"))
    bill.add(xml(XML.replace("<Extra ", "<Other>x</Other><Extra ")))
    assert bill.unread_fields() == ["Other"]
    assert bill.unused_rules() == []
