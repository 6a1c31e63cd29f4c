"""`billhub test`: runs the tests beside mappings, rewrites what they expect, and names what no sample exercised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.adapter import Source
from hub.cli.explaining import adapter_of
from hub.cli.reading import answer_messages, messages_of
from hub.errors import Config, Fault, Lang
from hub.findings import Finding
from hub.mapping import Mapping, load_mapping
from hub.mapping.coverage import Coverage
from hub.mapping.testcase import Case, CaseResult, ReadSample, TestFile, find_tests, read_test_file, run_case
from hub.registry import AdapterSpec, adapter, bind, mapping_path, mappings_folder


@dataclass(slots=True)
class TestRun:
    """What a run of tests found. `files` counts test files, `faults` are what kept a file from running."""

    __test__ = False

    files: int = 0
    results: list[CaseResult] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything passed and there was something to run."""
        wrong = any(one.level == "error" for one in self.findings) or bool(self.faults)
        return bool(self.files) and not wrong and all(one.ok for one in self.results)

    def lines(self, lang: Lang = "zh") -> Iterator[dict[str, Any]]:
        """One JSON-ready dict a case: `{"case","at","ok","updated"?,"difference"?}`, then faults, then coverage."""
        for result in self.results:
            line: dict[str, Any] = {"case": result.case.name, "at": result.case.place, "ok": result.ok}
            if result.updated:
                line["updated"] = str(result.case.expect)
            if not result.ok:
                line["difference"] = result.difference
            yield line
        for fault in self.faults:
            yield {"ok": False, "error": fault.json(lang)}
        for coverage in self.coverage:
            yield {"coverage": coverage.json()}


def run_tests(paths: Iterable[Path] = (), update: bool = False, coverage: bool = False) -> TestRun:
    """Runs the tests under the paths, or all packaged ones where none is given.

    Args:
        paths: folders, test files, or mapping files that have one beside them.
        update: write what is made as what is expected.
        coverage: also collect unused rules and unread source fields, a mapping at a time.

    Raises:
        OSError: a path that is not there, or a golden file that cannot be written.
    """
    given = list(paths) or [mappings_folder()]
    for path in given:
        if not path.exists():
            raise FileNotFoundError(2, "no such file", str(path))
    run = TestRun()
    covered: dict[str, Coverage] = {}
    for file in find_tests(given):
        run.files += 1
        test, findings = read_test_file(file)
        run.findings += findings
        if test is None:
            continue
        try:
            mapping, results = _run_file(test, update)
        except Config as fault:
            run.faults.append(fault)
            continue
        run.results += results
        if coverage:
            entry = covered.setdefault(f"{mapping.name}@{mapping.revision}", Coverage(mapping))
            for result in results:
                for tree in result.trees:
                    entry.add(tree)
    run.coverage = list(covered.values())
    return run


def _run_file(test: TestFile, update: bool) -> tuple[Mapping, list[CaseResult]]:
    mapping = load_mapping(_mapping_file(test))
    spec = adapter(test.adapter or adapter_of(mapping.name))
    source = spec.connect(bind(spec, test.settings, test.path.parent))
    results = [run_case(case, mapping, _reader(spec, source, case), update=update) for case in test.cases]
    return mapping, results


def _reader(spec: AdapterSpec, source: Source, case: Case) -> ReadSample:
    if case.question:
        return lambda sample, _at: answer_messages(spec, source, sample, case.question)
    return lambda sample, at: messages_of(spec, source, sample, at)


def _mapping_file(test: TestFile) -> Path:
    """The mapping of that name beside the test, else wherever the registry finds it."""
    beside = test.path.with_name(f"{test.mapping.rpartition('/')[2]}.yaml")
    return beside if beside.is_file() else mapping_path(test.mapping)
