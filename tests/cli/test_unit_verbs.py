"""Verbs for a unit's IT staff: check, read, explain, test, each in the shapes of the surface."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from hub.registry import mapping_path, mappings_folder
from tests.cli.conftest import Command, World

SAMPLES = mappings_folder() / "his" / "hl7v2" / "samples"


def a_sample() -> Path:
    return min(SAMPLES.glob("*.hl7"))


def test_good_units_and_mappings_pass(billhub: Command, world: World) -> None:
    checked = billhub("check", world.units, mappings_folder() / "his")
    assert checked.code == 0
    assert "0 errors" in checked.err


def test_findings_say_where_and_what_to_write(billhub: Command, world: World, tmp_path: Path) -> None:
    units = tmp_path / "units"
    shutil.copytree(world.units, units)
    file = units / "hospital.yaml"
    file.write_text(file.read_text("utf-8").replace("charset: GB18030", "charsett: GB18030", 1), "utf-8")
    found = billhub("check", file, "--json")
    assert found.code == 1
    (finding,) = found.lines
    assert set(finding) == {"file", "line", "column", "level", "code", "what", "write"}
    assert finding["level"] == "error"
    assert "charset" in finding["write"]
    line = file.read_text("utf-8").splitlines()[finding["line"] - 1]
    assert line[finding["column"] - 1 :].startswith("charsett")
    text = billhub("check", file).out
    assert text.startswith(f"{file}:{finding['line']}:{finding['column']}: error {finding['code']} ")
    assert f"→ {finding['write']}" in text


def test_read_shows_each_message_of_a_file(billhub: Command, tmp_path: Path) -> None:
    shown = billhub("read", "his/hl7v2", a_sample(), "--json")
    assert shown.code == 0
    for index, line in enumerate(shown.lines):
        assert set(line) == {"file", "index", "ok", "kind", "charset", "tree", "warnings"}
        assert (line["index"], line["ok"]) == (index, True)
    garbage = tmp_path / "garbage.hl7"
    garbage.write_bytes(b"nothing like it")
    refused = billhub("read", "his/hl7v2", garbage)
    assert refused.code == 1
    assert set(refused.lines[0]) == {"file", "index", "ok", "error"}
    assert set(refused.lines[0]["error"]) >= {"code", "what", "do"}


def test_wrong_settings_and_clocks_are_told(billhub: Command) -> None:
    assert billhub("read", "his/hl7v2", a_sample(), "--set", "nothing=1").code == 3
    assert billhub("read", "his/hl7v2", a_sample(), "--set", "nothing").code == 3
    assert billhub("read", "his/hl7v2", a_sample(), "--at", "noon").code == 2


def test_explain_shows_events_and_why(billhub: Command) -> None:
    sample = next(file for file in sorted(SAMPLES.glob("dft*.hl7")))
    line = billhub("explain", "his/hl7v2/dft-p03", sample).lines[0]
    assert set(line) == {"file", "index", "ok", "events", "flags"}
    why = billhub("explain", "his/hl7v2/dft-p03", sample, "--why").lines[0]
    assert why["events"] == line["events"]
    number = next(field for field in why["fields"] if field["field"] == "charge_no")
    assert number["value"] == line["events"][0]["charge_no"]
    assert number["from"].startswith("PV1-19")
    assert number["at"].partition(".yaml:")[2].isdigit()
    assert billhub("explain", "his/hl7v2/no-such", sample).code == 3


def test_mapping_tests_run_fail_and_are_rewritten(billhub: Command, tmp_path: Path) -> None:
    folder = tmp_path / "his" / "hl7v2"
    shutil.copytree(mapping_path("his/hl7v2/dft-p03").parent, folder)
    good = billhub("test", folder, "--json", "--coverage")
    assert good.code == 0
    assert any("coverage" in line for line in good.lines)
    golden = min((folder / "expected").glob("dft*.json"))
    wrong = json.loads(golden.read_text("utf-8"))
    wrong["messages"][0]["index"] = 9
    golden.write_text(json.dumps(wrong), "utf-8")
    bad = billhub("test", folder, "--json")
    assert bad.code == 1
    assert [line["ok"] for line in bad.lines].count(False) == 1
    assert billhub("test", folder, "--update").code == 0
    assert billhub("test", folder).code == 0
    assert billhub("test", tmp_path / "his" / "nowhere").code == 2
