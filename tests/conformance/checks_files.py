"""Checks of an adapter's files: where they are, what the manifest promises, mappings and their goldens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hub.adapter import Asker
from hub.cli.check_mappings import is_mapping
from hub.cli.testing import run_tests
from hub.mapping import lint_mapping
from tests.conformance.check import check, says
from tests.conformance.ladder import LADDER, state_of
from tests.conformance.subject import Subject

FILES: Final = ("adapter.py", "wire.py", "manifest.yaml", "README.md")
ROOT: Final = Path(__file__).resolve().parents[2]


@check
def files(subject: Subject) -> Iterator[str]:
    """The folder has the fixed names, so that a reader knows where to look before opening."""
    for name in FILES:
        if not (subject.spec.folder / name).is_file():
            yield f"{subject.spec.folder.name}/{name} is missing"
    if not subject.only_serves and not subject.mapping_folder.is_dir():
        yield f"there is no folder of mappings: {subject.mapping_folder.name}"


@check
def readme(subject: Subject) -> Iterator[str]:
    """The README has a word about every setting, in both languages."""
    text = (subject.spec.folder / "README.md").read_text("utf-8")
    for setting in subject.spec.manifest.settings:
        if not re.search(rf"\b{re.escape(setting.name)}\b", text):
            yield f"README.md does not name the setting {setting.name}"
    if not re.search(r"[\u4e00-\u9fff]{4}", text):
        yield "README.md has no Chinese sentence for those who install it"


@check
def ladder(subject: Subject) -> Iterator[str]:
    """Every rung has its word; what a program checks is not left for later."""
    quality = subject.spec.manifest.quality
    for rule in sorted(quality.keys() - LADDER.keys()):
        yield f"quality.{rule} is no rule of the ladder"
    for rule, (means, checked) in LADDER.items():
        state = state_of(quality.get(rule, ""))
        if state is None:
            yield f"quality.{rule} has to be done, todo or `exempt: reason` ({means})"
        elif state == "todo" and checked:
            yield f"quality.{rule} is todo"


@check
def mappings(subject: Subject) -> Iterator[str]:
    """Every mapping lints clean and has a test beside it; every sample is used."""
    if not subject.mapping_folder.is_dir():
        return
    named = {test.mapping.rpartition("/")[2] for test in subject.tests}
    for file in sorted(subject.mapping_folder.glob("*.yaml")):
        if file.name.endswith(".test.yaml") or not is_mapping(file):
            continue
        for finding in lint_mapping(file):
            if finding.level == "error":
                yield finding.text("en")
        if file.stem not in named:
            yield f"{file.name} has no test beside it"
    used = {case.sample.name for test in subject.tests for case in test.cases}
    used |= {name for test in subject.tests for name in re.findall(r"samples/([\w.-]+)", str(test.settings))}
    for sample in sorted((subject.mapping_folder / "samples").glob("*")):
        if sample.name not in used:
            yield f"samples/{sample.name} is in no test"


@check
def goldens(subject: Subject) -> Iterator[str]:
    """The tests beside the mappings pass."""
    if says(subject, "golden_mapping") != "done":
        return
    if not subject.tests:
        yield "golden_mapping is done, but there is no .test.yaml"
        return
    run = run_tests([subject.mapping_folder])
    yield from (finding.text("en") for finding in run.findings if finding.level == "error")
    yield from (str(fault) for fault in run.faults)
    yield from (f"{result.case.name}: {result.difference}" for result in run.results if not result.ok)


@check
def asks(subject: Subject) -> Iterator[str]:
    """It asks exactly if the manifest says so."""
    if (says(subject, "asks_when_unknown") == "done") != isinstance(subject.bare.source, Asker):
        yield "quality.asks_when_unknown and the source's methods do not agree"


@check
def simulator(subject: Subject) -> Iterator[str]:
    """An adapter of the tree that says so is tested against a program that plays the other side."""
    if says(subject, "simulator") != "done" or ROOT not in subject.spec.folder.parents:
        return
    family, vendor = subject.name.split("/")
    folders = [ROOT / "tests" / "adapters" / name for name in (vendor, f"{family}_{vendor}")]
    tests = [file for folder in folders if folder.is_dir() for file in folder.glob("*.py")]
    if not any("hub.simulators" in file.read_text("utf-8") for file in tests):
        yield f"no test under tests/adapters/{vendor} uses a program of hub/simulators"
