"""billhub drill: what there is, what is missing, and what is no drill."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from drills.catalogue import NAMES, catalogue
from drills.page import page
from tests.cli.conftest import Command, process
from tests.docs.blocks import ROOT


def test_the_list_names_every_drill_in_both_languages() -> None:
    for lang in ("zh", "en"):
        shown = process("--lang", lang, "drill", "list", "--json")
        assert shown.code == 0, shown.err
        rows = {row["drill"]: row for row in shown.lines}
        assert tuple(rows) == NAMES
        drill = catalogue()["zombie"]
        assert rows["zombie"]["what"] == (drill.zh if lang == "zh" else drill.en)


def test_every_story_is_in_the_catalogue_under_its_file_s_name() -> None:
    files = {path.stem.replace("_", "-") for path in (ROOT / "drills" / "stories").glob("[a-z]*.py")}
    assert files == set(catalogue()) == {drill.name for drill in catalogue().values()}


def test_what_is_no_drill_is_a_wrong_call(billhub: Command) -> None:
    shown = billhub("drill", "nonsense")
    assert shown.code == 2
    assert "kill-worker" in shown.err


@pytest.mark.parametrize(("name", "path"), [("kill-worker", "no java"), ("disk-full-kafka", "no java")])
def test_a_machine_that_cannot_play_it_is_told_what_is_missing(name: str, path: str, tmp_path: Path) -> None:
    shown = process("drill", name, env={"PATH": str(tmp_path)})
    assert shown.code == 3
    assert "BH-LOC-001" in shown.err
    assert path in shown.err


def test_without_the_package_the_verb_says_so(billhub: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def absent(name: str, *more: Any) -> Any:
        if name.startswith("drills"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="drills")
        return real(name, *more)

    monkeypatch.setattr(importlib, "import_module", absent)
    shown = billhub("drill", "list")
    assert shown.code == 3
    assert "BH-CLI-006" in shown.err


def test_a_drill_that_was_not_run_is_said_not_to_have_run() -> None:
    made = page(catalogue(), {})
    assert made.count("| not run |") == len(NAMES)
