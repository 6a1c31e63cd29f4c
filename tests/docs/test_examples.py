"""Every YAML example in the documents is what it claims to be: a unit, a mapping, a test, or a piece of a unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.cli.checking import check_unit
from hub.hubfile import read_hub, read_traces
from hub.mapping import lint_mapping
from hub.mapping.testcase import CASE, TOP
from hub.regions import read_regions
from hub.sections.unit import UnitConfig
from hub.yaml_text import parse_yaml
from tests.docs.blocks import ROOT, Block, blocks

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "adapters").glob("*/*/README.md")])
EXAMPLES = [
    pytest.param(page, block, id=f"{page.relative_to(ROOT)}:{block.line}")
    for page in PAGES
    for block in blocks(page)
    if block.language == "yaml"
]
WHOLE: dict[str, Any] = {
    "unit": {"id": "u", "name": "示例", "uscc": "12410100MB00000017", "region": "410100"},
    "bills": {
        name: {"kind": "nontax", "type": "0101"} for name in ("outpatient", "inpatient", "registration", "tuition")
    },
}


@pytest.mark.parametrize(("page", "block"), EXAMPLES)
def test_it_lints(page: Path, block: Block, tmp_path: Path) -> None:
    text = parse_yaml(block.text.encode(), block.file or "example.yaml")
    assert [finding.text("en") for finding in text.findings] == []
    data = text.data
    if "cases" in data:
        assert set(data) <= set(TOP)
        assert all(set(case) <= set(CASE) for case in data["cases"])
    elif "events" in data:
        folder = tmp_path / Path(data["mapping"]).parent
        (folder / "tables").mkdir(parents=True)
        for table in data.get("tables", {}).values():
            (folder / table).write_text("from,to\nWX,05\n", "utf-8")
        file = folder / f"{Path(data['mapping']).name}.yaml"
        file.write_text(block.text, "utf-8")
        found = lint_mapping(file)
        assert [finding.text("en") for finding in found if finding.level == "error"] == []
    elif "kafka" in data:
        (file := tmp_path / "hub.yaml").write_text(block.text, "utf-8")
        assert [finding.text("en") for finding in read_hub(file)[1]] == []
    elif "traces" in data:
        (file := tmp_path / "traces.yaml").write_text(block.text, "utf-8")
        assert [finding.text("en") for finding in read_traces(file)[1]] == []
    elif "regions" in data:
        (file := tmp_path / "regions.yaml").write_text(block.text, "utf-8")
        assert [finding.text("en") for finding in read_regions(file)[1]] == []
    elif "scrape_configs" in data:  # Prometheus's; promtool judges the rest of what it gets
        assert {"job_name", "static_configs"} == set(data["scrape_configs"][0])
    elif block.file:
        (file := tmp_path / "unit.yaml").write_text(block.text, "utf-8")
        assert [finding.text("en") for finding in check_unit(file)] == []
    else:
        assert set(data) <= set(UnitConfig.model_fields)
        UnitConfig.model_validate({**WHOLE, **data})


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6
