"""The checked-in samples through adapter and mapping, against the goldens beside them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.payment.alipay.adapter import connect
from hub.adapter import Delivery, Manifest
from hub.mapping import lint_mapping, load_mapping, run_first_matching

FOLDER = Path("mappings/payment/alipay")
TESTS = ["notify", "notify-charge"]


def cases(name: str) -> list[Any]:
    test = yaml.safe_load((FOLDER / f"{name}.test.yaml").read_text())
    return [pytest.param(name, case, id=f"{name}: {case['name']}") for case in test["cases"]]


@pytest.mark.parametrize(("name", "case"), [case for name in TESTS for case in cases(name)])
def test_goldens(name: str, case: dict[str, str]) -> None:
    at = datetime.fromisoformat(case["at"])
    key = (FOLDER / "samples/alipay.pem").read_bytes()
    source = connect({"app_id": "2021000000000001", "seller_id": "2088000000000001", "public_key": key})
    (message,) = source.read(Delivery((FOLDER / case["sample"]).read_bytes(), at))
    made = run_first_matching([load_mapping(FOLDER / f"{name}.yaml")], message.tree, at)
    expected = json.loads((FOLDER / case["expect"]).read_text())["messages"][0]
    assert [json.loads(event.to_json()) for event in made.events] == expected["events"]
    assert list(made.flags) == expected["flags"]


@pytest.mark.parametrize("name", TESTS)
def test_mappings_lint_clean(name: str) -> None:
    found = lint_mapping(FOLDER / f"{name}.yaml")
    assert [finding.text("en") for finding in found if finding.level == "error"] == []


def test_the_manifest_is_one() -> None:
    manifest = Manifest.model_validate(yaml.safe_load(Path("adapters/payment/alipay/manifest.yaml").read_text()))
    assert manifest.adapter == "payment/alipay"
    assert {"public_key", "sign_types", "app_id", "seller_id"} <= {setting.name for setting in manifest.settings}
