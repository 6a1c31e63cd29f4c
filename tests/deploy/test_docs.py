"""docs/cluster.md: its commands, and its neighbours', are the program's, its files are there, its sums are right."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.deploy.test_compose import _parsed
from tests.docs.blocks import ROOT, blocks

PAGE = ROOT / "docs" / "cluster.md"
TEXT = PAGE.read_text("utf-8")
PAGES = ("cluster", "units", "backup", "postgres")
DAYS = 365


def _commands(page: str) -> list[str]:
    """Every command of a page: of its blocks, and those between its words that are whole."""
    path = ROOT / "docs" / f"{page}.md"
    typed = [line for block in blocks(path) if block.language == "sh" for line in block.commands]
    within = re.findall(r"`(billhub [^`]+ --[^`]+)`", path.read_text("utf-8"))
    return [line for line in [*typed, *within] if line.startswith("billhub ")]


@pytest.mark.parametrize("line", sorted({line for page in PAGES for line in _commands(page)}))
def test_a_command_is_one_the_program_takes(line: str) -> None:
    _parsed(shlex.split(line)[1:])


def test_there_are_commands() -> None:
    assert [len(_commands(page)) >= 3 for page in PAGES[:3]] == [True] * 3


def test_files_that_are_named_are_there() -> None:
    named = re.findall(r"\b((?:deploy|benchmarks|hub)/[\w./-]+\.\w+)", TEXT)
    assert len(set(named)) >= 5
    for path in named:
        assert (ROOT / path).exists(), path
    listed = re.findall(r"^\| ([^|]+) \|", (ROOT / "deploy/README.md").read_text("utf-8"), re.MULTILINE)
    for path in re.findall(r"`([\w./@-]+\.\w+)`", " ".join(listed)):
        if "ROLE" not in path:
            assert (ROOT / "deploy" / path).exists(), path


def _rows(head: str) -> list[list[str]]:
    table = TEXT[TEXT.index(head) :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in table]


def _number(text: str) -> float:
    return float(text.split(maxsplit=1)[0].replace(",", "").replace("–", "0"))


def test_the_sizing_table_follows_from_the_measured_figures() -> None:
    costs = {row[0]: {"embedded": _number(row[1]), "cluster": _number(row[2])} for row in _rows("| A bill costs |")}
    for engine in ("embedded", "cluster"):
        parts = [cost[engine] for name, cost in costs.items() if name.startswith("CPU of")]
        assert sum(parts) == costs["CPU, together, µs"][engine]
    for _, bills, engine, cores, _, disk in _rows("| Units |"):
        a_day = _number(bills)
        busiest = a_day / 5 / 3600 * costs["CPU, together, µs"][engine] / 1e6
        assert max(0.01, round(busiest * 2, 2)) == _number(cores)
        gib = a_day * DAYS * costs["disk, KiB"][engine] / 2**20
        assert _number(disk) == pytest.approx(gib, rel=0.03)


def test_the_hub_file_of_the_page_is_one(tmp_path: Path) -> None:
    from hub.hubfile import load_hub

    (block,) = [block for block in blocks(PAGE) if block.language == "yaml"]
    (tmp_path / "hub.yaml").write_text(block.text, "utf-8")
    assert load_hub(tmp_path / "hub.yaml").kafka.sasl is not None
