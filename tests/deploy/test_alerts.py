"""deploy/alerts.yaml: rules that Prometheus takes, over metrics and labels that there are."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from tests.docs.blocks import ROOT
from tests.metrics.judge import ALL

FILE = ROOT / "deploy" / "alerts.yaml"
RULES = [rule for group in yaml.safe_load(FILE.read_text("utf-8"))["groups"] for rule in group["rules"]]
SUFFIXES = ("_bucket", "_count", "_sum")


def metric_of(name: str) -> str:
    return next((name.removesuffix(end) for end in SUFFIXES if name.removesuffix(end) in ALL), name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_what_there_is(rule: dict[str, object]) -> None:
    told = str(rule["expr"])
    names = re.findall(r"\bbillhub_\w+", told)
    assert names or "up{" in told
    for name in names:
        metric = ALL[metric_of(name)]
        labels = {*metric.labels, "role", "instance", "job", "le"}
        for found in re.findall(r"by \(([^)]*)\)", told):
            assert set(found.replace(" ", "").split(",")) <= labels
        if name.endswith(SUFFIXES):
            assert metric.kind == "histogram"
        if re.search(rf"(?:rate|increase)\({name}\b", told):
            assert metric.kind in {"counter", "histogram"}
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)
    assert {"summary", "zh"} == set(annotations)
    assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})


def test_promtool_takes_the_file() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    told = subprocess.run([promtool, "check", "rules", str(FILE)], text=True, capture_output=True)
    assert told.returncode == 0, told.stdout + told.stderr
