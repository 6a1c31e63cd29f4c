"""Generated pages are fresh, nothing public lacks its line of docs, links lead somewhere, rooms keep their walls."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hub.errors import catalogue
from hub.registry import adapters
from hub.yaml_text import read_yaml
from tests import generate
from tests.docs.blocks import BIN, ROOT
from tests.docs.pages.errors import errors_page
from tests.docs.pages.settings import docs_of, hub_page, sections_of, settings_page, unit_schema_text
from tests.docs.pages.table import table

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "adapters").glob("*/*/README.md")])
HAN = re.compile(r"[\u4e00-\u9fff]")


def test_generated_files_are_fresh() -> None:
    # in a process of its own: other tests define fault codes, which are none of the product's
    made = subprocess.run(
        [str(BIN / "python"), "-m", "tests.generate", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_stale_file_is_found(tmp_path: Path) -> None:
    for path, text in generate.generated().items():
        (copy := tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, "utf-8")
    assert generate.stale(tmp_path) == {}
    (tmp_path / "docs/errors.md").write_text("old", "utf-8")
    (tmp_path / "schema/unit.v1.json").unlink()
    assert set(generate.stale(tmp_path)) == {tmp_path / "docs/errors.md", tmp_path / "schema/unit.v1.json"}


def test_every_fault_code_has_a_line_in_both_languages() -> None:
    page = errors_page()  # imports every module that defines codes
    for code in catalogue():
        if not code.code.startswith(("BH-TST-", "BH-TNY-")):
            assert f"| `{code.code}` |" in page, code.code
            assert HAN.search(code.zh), code.code
            assert code.do_zh, code.code
            assert code.do_en, code.code


def test_every_setting_has_a_line_in_both_languages() -> None:
    page = settings_page() + hub_page()
    for model in sections_of():
        for name, field in model.model_fields.items():
            if not field.exclude:
                english, chinese = docs_of(model.__name__).get(name, ("", ""))
                assert english.endswith((".", "`.")), f"{model.__name__}.{name}"
                assert HAN.search(chinese), f"{model.__name__}.{name}"
                assert english.replace("|", "\\|") in page


def test_the_units_schema_takes_a_unit_and_refuses_a_wrong_name() -> None:
    schema = Draft202012Validator(json.loads(unit_schema_text()))
    unit = {
        "unit": {"id": "u", "name": "示例", "uscc": "12410100MB00000017", "region": "410100"},
        "bills": {"b": {"kind": "nontax", "type": "0101"}},
        "sources": {"s": {"adapter": "his/hl7v2", "door": {"mllp": "127.0.0.1:0"}, "mappings": []}},
    }
    assert list(schema.iter_errors(unit)) == []
    assert list(schema.iter_errors({**unit, "bils": {}}))
    assert list(schema.iter_errors({**unit, "unit": {"id": "u"}}))


def test_every_adapter_and_its_settings_are_on_the_page() -> None:
    page = (ROOT / "docs/adapters.md").read_text("utf-8")
    for name, spec in adapters().items():
        assert f"## {name}\n" in page
        assert all(f"| `{setting.name}` |" in page for setting in spec.manifest.settings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_shipped_yaml_parses() -> None:
    for file in [*(ROOT / "adapters").rglob("*.yaml"), *(ROOT / "mappings").rglob("*.yaml")]:
        assert not read_yaml(file).findings, file


def test_a_cell_keeps_to_its_column() -> None:
    assert table(("a",), [("x|y\nz",)]).splitlines()[-1] == "| x\\|y z |"


def test_rooms_keep_their_walls() -> None:
    done = subprocess.run([BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
