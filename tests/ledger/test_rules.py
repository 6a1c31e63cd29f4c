"""What a unit's YAML makes of its bills' rules."""

from __future__ import annotations

from pathlib import Path

from hub.config import load_units
from hub.ledger.rules import rules_of

UNIT = """
unit: {id: demo, name: 示例医院, uscc: 12410100MB00000015, region: "410100"}
bills:
  outpatient: {kind: medical_outpatient, type: "0601"}
  inpatient: {kind: medical_inpatient, type: "0602", max_items: 30}
  fees: {kind: nontax, type: "0101"}
sources: {}
"""


def test_a_face_holds_what_its_kind_holds_unless_the_unit_says_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "demo.yaml"
    file.write_text(UNIT, encoding="utf-8")
    bills = rules_of(load_units(file)[0]).policy.bills
    assert {name: rule.max_items for name, rule in bills.items()} == {"outpatient": 12, "inpatient": 30, "fees": None}
