"""Whatever a message holds, a mapping makes events, or a fault with a place; nothing else comes out."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from hub.errors import Fault, Park
from hub.mapping import run_first_matching
from hub.mapping.explain import explain
from hub.mapping.faults import NO_MAPPING
from tests.mapping.trees import AT, demo, dft, ft1

MAPPINGS = {name: demo(name) for name in ("dft", "bill", "pay", "form", "row")}
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(['""', "CG", "1.00"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner), max_leaves=8
)
fields = st.recursive(st.text(max_size=8) | st.just("80.00"), lambda inner: st.lists(inner, max_size=3), max_leaves=6)


def fault_of(run, tree) -> Fault | None:
    try:
        run(tree, AT)
    except Fault as fault:
        return fault
    return None


def only_faults(mapping, tree):
    mapping.matches(tree)
    for run in (mapping.run, lambda t, at: run_first_matching([mapping], t, at), lambda t, at: explain(mapping, t, at)):
        fault = fault_of(run, tree)
        if fault is not None:
            assert isinstance(fault, Park) or fault.code is NO_MAPPING
            assert fault.where
            assert fault.what("zh")


@SETTINGS
@given(values)
@pytest.mark.parametrize("name", MAPPINGS)
def test_any_value(name, tree):
    only_faults(MAPPINGS[name], tree)


@SETTINGS
@given(
    st.lists(st.tuples(st.sampled_from(["MSH", "EVN", "PID", "PV1", "FT1"]), st.lists(fields, max_size=12)), max_size=6)
)
def test_any_hl7_segments(lines):
    tree = dft(ft1("CG", "CXR", "胸片", "1.00"))
    tree["segments"] = [tree["segments"][0], *([name, *rest] for name, rest in lines), *tree["segments"][1:]]
    only_faults(MAPPINGS["dft"], tree)


@SETTINGS
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("order", "tags", "pays"), values)))
def test_any_json_under_the_mapped_names(data):
    only_faults(MAPPINGS["pay"], {"data": data})
    pay = {"no": data.get("order"), "amount": data.get("tags"), "at": data.get("pays")}
    only_faults(MAPPINGS["pay"], {"data": {**data, "pays": [pay]}})


@SETTINGS
@given(st.dictionaries(st.sampled_from(["学号", "学年", "姓名", "学费", "住宿费"]), values))
def test_any_row(row):
    only_faults(MAPPINGS["row"], row)


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=10
)


@SETTINGS
@given(
    st.lists(
        st.tuples(st.sampled_from(["Header", "No", "Type", "Total", "At", "Line", "Lines", "Extra", "Payer"]), texts)
    )
)
def test_any_xml(parts):
    root = etree.Element("Bill")
    here = root
    for name, text in parts:
        child = etree.SubElement(here, name, amount=text, name=text)
        child.text = text
        here = child if name in {"Header", "Lines"} else here
    only_faults(MAPPINGS["bill"], root)
