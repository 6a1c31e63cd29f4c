"""Metrics as the catalogue names them: sums that never go back, labels that stay few, texts in both languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.ledger.vitals import Figures
from hub.metrics.catalogue import COMMIT_SECONDS
from hub.metrics.catalogue_ledger import LEDGER
from hub.metrics.catalogue_machine import MACHINE
from hub.metrics.gather import Gathered, Shown, heard, line, push
from hub.metrics.meter import Metric, snapshot
from hub.metrics.text import text
from hub.processes.figures import MOST, alarm_rows, ledger_rows
from tests.metrics.judge import ALL, judged, samples

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("metric", ALL.values(), ids=lambda metric: metric.name)
def test_a_metric_is_named_as_prometheus_does(metric: Metric) -> None:
    assert metric.name.startswith("billhub_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not metric.name.endswith(("_count", "_sum", "_bucket", "_milliseconds", "_ms", "_kib"))
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.en.endswith(".")
    assert metric.zh.endswith("。")
    assert not {"le", "quantile", "job", "instance", "role"} & set(metric.labels) or metric in MACHINE
    assert "_seconds" not in metric.name or "econds" in metric.en or "When" in metric.en


def shown(pid: int, role: str, count: float, waiting: float) -> Shown:
    return Shown(pid, role, [("billhub_issued_total", (), [count]), ("billhub_produce_waiting", (), [waiting])])


def test_a_dead_process_takes_nothing_back() -> None:
    machine = Gathered()
    machine.take(shown(1, "issuer", 5, 3))
    machine.take(shown(2, "issuer", 7, 4))
    assert {row[0]: row[2][0] for row in machine.rows()} == {
        "billhub_issued_total": 12,
        "billhub_produce_waiting": 7,
    }
    machine.ended(1)
    machine.ended(1)
    machine.take(shown(3, "issuer", 1, 0))
    assert {row[0]: row[2][0] for row in machine.rows()} == {
        "billhub_issued_total": 13,
        "billhub_produce_waiting": 4,
    }


def test_a_child_that_is_not_heard_is_not_held_up() -> None:
    ear, mouth = line()
    with ear, mouth:
        for _ in range(1000):
            push(mouth, "door")
        said = heard(ear)
        assert 1 <= len(said) < 1000
        push(mouth, "door")
        (again,) = heard(ear)
        assert again.role == "door"
        assert {"billhub_process_cpu_seconds_total", "billhub_process_resident_bytes"} <= {row[0] for row in again.rows}


def test_a_histogram_is_read_as_one() -> None:
    metric = Metric("billhub_commit_seconds", "histogram", COMMIT_SECONDS.en, "。", (), (0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7):
        metric.observe(value)
    page = text(
        (metric,), [(name, ("worker", *labels), value) for name, labels, value in snapshot((metric,))], ("role",)
    )
    judged(page)
    assert samples(page) == {
        'billhub_commit_seconds_bucket{role="worker",le="0.1"}': 2,
        'billhub_commit_seconds_bucket{role="worker",le="1.0"}': 3,
        'billhub_commit_seconds_bucket{role="worker",le="+Inf"}': 4,
        'billhub_commit_seconds_sum{role="worker"}': pytest.approx(7.65),
        'billhub_commit_seconds_count{role="worker"}': 4,
    }


def test_label_values_are_escaped() -> None:
    odd = Figures([('a"b', "c\\d\ne", "applied", 1)], {}, [], 2)
    page = text(LEDGER, ledger_rows(None, odd, {}, NOW))
    judged(page)
    assert 'source="a\\"b/c\\\\d\\ne"' in page


def test_a_province_has_no_series_for_each_unit() -> None:
    units = [f"unit-{number}" for number in range(30_000)]
    adapters = {f"{unit}/his": ("his/hl7v2", "his/bosssoft")[number % 2] for number, unit in enumerate(units[:-1])}
    tally = [(unit, "his", place, 2) for unit in units for place in ("applied", "parked")]
    segments = [(unit, "41060126", 100, number % 100) for number, unit in enumerate(units)]
    page = text(LEDGER, ledger_rows(None, Figures(tally, {}, segments, 0), adapters, NOW))
    judged(page)
    found = samples(page)
    assert found['billhub_messages_total{source="his/hl7v2",place="applied"}'] == 30_000
    assert found['billhub_messages_total{source="other",place="parked"}'] == 2
    assert found["billhub_numbers_low"] == 3000
    fault = {"en": {"code": "BH-LED-010"}}
    held = alarm_rows([{"unit": unit, "what": "due", "count": 1, "fault": fault} for unit in units])
    assert held == [("billhub_alarms", ("", "due", "BH-LED-010"), [30_000])]
    assert len(found) < MOST


def test_a_few_sources_have_series_of_their_own() -> None:
    page = text(LEDGER, ledger_rows(None, Figures([("u", "his", "applied", 2)], {}, [], 0), {}, NOW))
    assert samples(page)['billhub_messages_total{source="u/his",place="applied"}'] == 2
