"""The section `traces`: in a hub.yaml, and in a file of its own that an embedded hub is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from hub.cli.checking import check_paths
from hub.hubfile import load_hub, load_traces, read_traces
from hub.processes.plan import Plan, environment_of, plan_from_environment
from hub.tracing.collector import Collector, Header
from tests.docs.blocks import ROOT

GOOD = """\
traces:
  endpoint: https://collector.example:4318/v1/traces
  one_in: 7
  ca: ca.pem
  headers:
    Authorization: {scheme: Bearer, file: secrets/token}
    X-Key: {file: /etc/key}
"""
HUB = "kafka: {servers: [k:1]}\npostgres: {servers: [p:1]}\nkeys: {master: m}\n"


def _write(folder: Path, text: str) -> Path:
    path = folder / "traces.yaml"
    path.write_text(text, "utf-8")
    return path


def test_both_engines_read_the_same_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Collector(
        "https://collector.example:4318/v1/traces",
        7,
        str(tmp_path / "ca.pem"),
        [Header("Authorization", str(tmp_path / "secrets/token"), "Bearer"), Header("X-Key", "/etc/key")],
    )
    assert load_traces(_write(tmp_path, GOOD)).collector == wanted
    assert load_hub(_write(tmp_path, HUB + GOOD)).collector == wanted
    assert load_hub(_write(tmp_path, HUB)).collector is None
    plan = Plan("door", "data", collector=wanted)
    for name, value in environment_of(plan).items():
        monkeypatch.setenv(name, value)
    assert plan_from_environment() == plan


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("one_in", "onein", 3, "use one of: one_in"),
        ("https://collector", "https://me:secret@collector", 2, "endpoint has a wrong value"),
        ("/v1/traces", "/v1/traces?key=secret", 2, "endpoint has a wrong value"),
        ("https://collector", "http://collector", 1, "headers go by https"),
        ("https://collector.example", "http://localhost.example", 1, "headers go by https"),
        ("X-Key", "X Key", 7, "X Key has a wrong value"),
        ("X-Key", "Content-Length", 5, "a header that the hub sets itself"),
        ("X-Key", "authorization", 5, "stands there twice"),
        ("scheme: Bearer", 'scheme: "Bearer: "', 6, "scheme has a wrong value"),
        ("{file: /etc/key}", "s3cret", 7, "X-Key has a wrong value"),
        ("file: secrets/token", "password: secret", 6, "unknown name password"),
    ],
)
def test_a_mistake_is_found_at_its_place_and_not_repeated(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD
    path = _write(tmp_path, GOOD.replace(old, new))
    read, findings = read_traces(path)
    assert read is None
    texts = [finding.text("en") for finding in findings]
    assert any(says in text for text in texts), texts
    assert findings[0].line == line, texts
    assert not any("secret" in text.replace("secrets", "") or "s3cret" in text for text in texts)
    assert check_paths([path])[1] != []


@pytest.mark.parametrize("host", ["127.0.0.1:4318", "localhost:4318", "[::1]:4318"])
def test_a_login_may_go_in_the_clear_to_this_machine(tmp_path: Path, host: str) -> None:
    assert read_traces(_write(tmp_path, GOOD.replace("https://collector.example:4318", f"http://{host}")))[1] == []


def test_the_example_and_the_schema_agree_with_the_program() -> None:
    assert check_paths([ROOT / "deploy/traces.yaml"]) == (1, [])
    schema = Draft202012Validator(json.loads((ROOT / "schema/traces.v1.json").read_text("utf-8")))
    example = yaml.safe_load((ROOT / "deploy/traces.yaml").read_text("utf-8"))
    assert list(schema.iter_errors(example)) == []
    assert list(schema.iter_errors({"traces": {**example["traces"], "header": {}}}))
    assert list(schema.iter_errors({}))
