"""What Prometheus thinks of a page of metrics: its own parser, its habits of naming, and promtool where it is there."""

from __future__ import annotations

import shutil
import subprocess

from prometheus_client.parser import text_string_to_metric_families

from hub.metrics.catalogue import OWN
from hub.metrics.catalogue_ledger import LEDGER
from hub.metrics.catalogue_machine import MACHINE

ALL = {metric.name: metric for metric in (*MACHINE, *OWN, *LEDGER)}
UNITS = ("_seconds", "_bytes", "_records", "_messages", "_packed")


def samples(text: str) -> dict[str, float]:
    """name{labels} → value, each once."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            said = ",".join(f'{label}="{value}"' for label, value in one.labels.items())
            series = f"{one.name}{{{said}}}" if said else one.name
            assert series not in found
            found[series] = one.value
    return found


def judged(text: str) -> None:
    """Fails where Prometheus would."""
    assert text.endswith("\n")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    heads = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(heads) == len(set(heads)), "a family twice"
    for name in heads:
        metric = ALL[name]
        family = families[name.removesuffix("_total")]
        assert family.documentation == metric.en
        assert family.type == metric.kind
        for one in family.samples:
            own = [label for label in one.labels if label != "le"]
            assert own[-len(metric.labels) :] == list(metric.labels) or not metric.labels
    if (promtool := shutil.which("promtool")) is not None:
        told = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True)
        assert told.returncode == 0, told.stdout + told.stderr
