"""Tests beside mappings: `<message>.test.yaml` names samples and the events each has to make.

How a sample's bytes become messages is the caller's: adapters are not known in this room.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from hub.adapter import Message
from hub.errors import Fault
from hub.findings import Finding
from hub.mapping.lint_faults import TEST_CASE, UNREADABLE
from hub.mapping.lint_walk import EXAMPLES, Walk
from hub.mapping.run import Mapping, run_first_matching
from hub.mapping.times import SHANGHAI
from hub.yaml_text import Where, read_yaml

DEFAULT_AT: Final = datetime(2026, 6, 1, 12, 0, tzinfo=SHANGHAI)
"""The time of receipt of a case that names none: fixed, so that a test gives the same tomorrow."""
TOP: Final = ("mapping", "adapter", "settings", "cases")
CASE: Final = ("name", "sample", "at", "expect", "question")

ReadSample = Callable[[Path, datetime], Sequence[Message]]
"""Sample and time of receipt → its messages."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case; paths are absolute."""

    name: str
    sample: Path
    expect: Path
    at: datetime
    place: str
    question: dict[str, str] = field(default_factory=dict)
    """What was asked, where the sample is the answer to a query rather than something a door received."""


@dataclass(frozen=True, slots=True)
class TestFile:
    """A file of cases."""

    __test__ = False  # pytest: this is no test class

    path: Path
    mapping: str
    adapter: str
    settings: dict[str, Any] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went: `difference` is empty where it passed; `updated` where its golden file was written."""

    case: Case
    difference: str = ""
    updated: bool = False
    trees: tuple[Any, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it passed."""
        return not self.difference


def find_tests(paths: Iterable[Path]) -> list[Path]:
    """The test files under these paths; a mapping file stands for the test beside it."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(path.rglob("*.test.yaml"))
        elif path.name.endswith(".test.yaml"):
            found.append(path)
        elif path.suffix in {".yaml", ".yml"}:
            found.append(path.with_name(f"{path.stem}.test.yaml"))
    return list(dict.fromkeys(found))


def read_test_file(path: Path) -> tuple[TestFile | None, list[Finding]]:
    """A test file and its findings; None where it cannot be used."""
    try:
        text = read_yaml(path)
    except OSError as error:
        return None, [Finding(str(path), 1, 1, UNREADABLE(reason=error.strerror or "?"))]
    walk = Walk(text, findings=list(text.findings))
    data = text.data
    if not isinstance(data, dict):
        walk.shape((), "cases", "map")
        return None, walk.findings
    walk.keys(data, (), TOP, ("mapping", "adapter", "cases"))
    for key in ("mapping", "adapter"):
        if key in data and not isinstance(data[key], str):
            walk.shape((key,), key, "text")
    settings, listed = data.get("settings", {}), data.get("cases", [])
    if not isinstance(settings, dict):
        walk.shape(("settings",), "settings", "map")
    if not isinstance(listed, list) or not listed:
        walk.shape(("cases",), "cases", "list")
        listed = []
    cases = [_case(walk, one, ("cases", index), path) for index, one in enumerate(listed)]
    if any(one.level == "error" for one in walk.findings):
        return None, walk.findings
    kept = tuple(one for one in cases if one is not None)
    return TestFile(path, data["mapping"], data["adapter"], settings, kept), walk.findings


def _case(walk: Walk, node: Any, where: Where, path: Path) -> Case | None:
    if not isinstance(node, dict):
        walk.shape(where, "cases", "map")
        return None
    walk.keys(node, where, CASE, ("name", "sample", "expect"))
    if not all(isinstance(node.get(key, ""), str) for key in CASE[:4]) or not {"name", "sample", "expect"} <= set(node):
        return None
    question = node.get("question", {})
    if not isinstance(question, dict) or not all(isinstance(one, str) for one in question.values()):
        walk.shape((*where, "question"), "question", "map")
        return None
    at = DEFAULT_AT
    if "at" in node:
        try:
            at = datetime.fromisoformat(node["at"])
        except ValueError:
            at = at.replace(tzinfo=None)
        if at.tzinfo is None:
            example = 'at: "2026-03-01T10:15:00+08:00"'
            walk.add((*where, "at"), TEST_CASE(reason=node["at"][:40], example=example))
    sample = path.parent / node["sample"]
    if not sample.is_file():
        walk.add((*where, "sample"), TEST_CASE(reason=f"{node['sample']} ✗", example=EXAMPLES["sample"]))
    line = walk.text.place(where)[0]
    return Case(node["name"], sample, path.parent / node["expect"], at, f"{path}:{line}", question)


def run_case(case: Case, mapping: Mapping, read: ReadSample, *, update: bool = False) -> CaseResult:
    """Runs a case, or with `update` writes what it makes as what is expected.

    Raises:
        OSError: a golden file that cannot be written.
    """
    messages = read(case.sample, case.at)
    made = {"messages": [made_of(message, mapping, case.at) for message in messages]}
    trees = tuple(message.tree for message in messages if message.fault is None)
    actual = golden_text(made)
    expected = case.expect.read_text(encoding="utf-8") if case.expect.is_file() else ""
    if _same(expected, made):
        return CaseResult(case, trees=trees)
    if update:
        case.expect.parent.mkdir(parents=True, exist_ok=True)
        case.expect.write_text(actual, encoding="utf-8")
        return CaseResult(case, updated=True, trees=trees)
    lines = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), str(case.expect.name), "made", lineterm="", n=2
    )
    return CaseResult(case, "\n".join(lines) or "—", trees=trees)


def made_of(message: Message, mapping: Mapping, at: datetime) -> dict[str, Any]:
    """One message's entry of a golden file: events and flags, or the code of the fault."""
    try:
        if message.fault is not None:
            raise message.fault
        made = run_first_matching((mapping,), message.tree, at)
    except Fault as fault:
        return {"index": message.index, "fault": fault.code.code}
    return {
        "index": message.index,
        "events": [event.to_dict() for event in made.events],
        "flags": [flag.json() for flag in made.flags],
    }


def golden_text(made: dict[str, Any]) -> str:
    """A golden file's exact text."""
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def _same(expected: str, made: dict[str, Any]) -> bool:
    try:
        wanted: Any = orjson.loads(expected)
    except orjson.JSONDecodeError:
        return False
    return bool(wanted == made)
