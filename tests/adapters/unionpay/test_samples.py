"""The checked-in samples through adapter and mapping, against the goldens beside them; a query's answer likewise."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from adapters.payment.unionpay.adapter import connect
from adapters.payment.unionpay.query import FIELDS
from adapters.payment.unionpay.wire import read_answer
from hub.adapter import Delivery, Manifest, Message, Question, Response
from hub.errors import Reject
from hub.mapping import lint_mapping, load_mapping, run_first_matching

FOLDER = Path("mappings/payment/unionpay")
TESTS = ["notify", "notify-charge"]
ALL = [*TESTS, "query", "query-charge"]
SETTINGS = {
    "mer_id": "700000000000001",
    "root": (FOLDER / "samples/root.cer").read_bytes(),
    "middle": (FOLDER / "samples/middle.cer").read_bytes(),
}


def cases(name: str) -> list[Any]:
    test = yaml.safe_load((FOLDER / f"{name}.test.yaml").read_text())
    return [pytest.param(name, case, id=f"{name}: {case['name']}") for case in test["cases"]]


def judged(name: str, message: Message, expect: Path, at: datetime) -> None:
    """Both the notification's and the query's mapping are there, as in a unit; only the one meant for it may speak."""
    suffix = "-charge" if name.endswith("-charge") else ""
    both = [load_mapping(FOLDER / f"{part}{suffix}.yaml") for part in ("notify", "query")]
    made = run_first_matching(both, message.tree, at)
    expected = json.loads(expect.read_text())["messages"][0]
    assert [json.loads(event.to_json()) for event in made.events] == expected["events"]
    assert list(made.flags) == expected["flags"]


@pytest.mark.parametrize(("name", "case"), [case for name in TESTS for case in cases(name)])
def test_goldens(name: str, case: dict[str, str]) -> None:
    at = datetime.fromisoformat(case["at"])
    (message,) = connect(SETTINGS).read(Delivery((FOLDER / case["sample"]).read_bytes(), at))
    judged(name, message, FOLDER / case["expect"], at)


@pytest.mark.parametrize("name", ["query", "query-charge"])
def test_the_answer_to_a_query_confirms_the_same_payment(name: str) -> None:
    """What the test beside the mapping asks is what the notification made the adapter ask."""
    at = datetime.fromisoformat("2026-03-02T10:15:32+08:00")
    source = connect(SETTINGS)
    (told,) = source.read(Delivery((FOLDER / "samples/paid.form").read_bytes(), at))
    question = Question(fields={field: told.tree[field] for field in FIELDS})
    test = yaml.safe_load((FOLDER / f"{name}.test.yaml").read_text())
    assert test["cases"][0]["question"] == question.fields
    answer = (FOLDER / "samples/query-paid.answer").read_bytes()
    (message,) = source.understand(question, Response(200, answer))
    judged(name, message, FOLDER / f"expected/{'charge-' * name.endswith('-charge')}query-paid.json", at)


def test_an_answer_sent_to_the_door_confirms_nothing() -> None:
    """It bears UnionPay's own signature; url-encoded it reads as a form, but never as a confirmation."""
    at = datetime.fromisoformat("2026-03-02T10:15:32+08:00")
    answer = (FOLDER / "samples/query-paid.answer").read_bytes()
    with pytest.raises(Reject):
        connect(SETTINGS).read(Delivery(answer, at))
    form = urlencode(read_answer(answer)).encode()
    (message,) = connect(SETTINGS).read(Delivery(form, at))
    judged("notify", message, FOLDER / "expected/nothing.json", at)


@pytest.mark.parametrize("name", ALL)
def test_mappings_lint_clean(name: str) -> None:
    found = lint_mapping(FOLDER / f"{name}.yaml")
    assert [finding.text("en") for finding in found if finding.level == "error"] == []


def test_the_manifest_is_one() -> None:
    manifest = Manifest.model_validate(yaml.safe_load(Path("adapters/payment/unionpay/manifest.yaml").read_text()))
    assert manifest.adapter == "payment/unionpay"
    assert {"root", "middle", "environment", "mer_id"} <= {setting.name for setting in manifest.settings}
