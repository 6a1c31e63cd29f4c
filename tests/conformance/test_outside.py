"""An adapter from an outside package passes the same checks; broken in one place, it fails the check that is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from hub.cli.testing import run_tests
from hub.registry import adapter, adapters, mapping_path
from tests.conformance import checks_answers, checks_files, checks_reading
from tests.conformance.check import CHECKS, found
from tests.conformance.subject import subject_of
from tests.conformance.tiny import write_package

PARTS = (checks_answers, checks_files, checks_reading)
NUMBERS = count()

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs the package, with (file, old, new) changed in it."""

    def installed(*changes: tuple[str, str, str]) -> Path:
        folder = write_package(tmp_path, f"billhub_tiny_{next(NUMBERS)}")
        monkeypatch.syspath_prepend(str(tmp_path))
        adapters.cache_clear()
        run_tests([folder / "mappings"], update=True)
        for name, old, new in changes:
            text = (folder / name).read_text("utf-8")
            assert old in text
            (folder / name).write_text(text.replace(old, new), "utf-8")
        fresh = folder.rename(folder.with_name(f"billhub_tiny_{next(NUMBERS)}"))  # so that its code is loaded anew
        for file in (*fresh.glob("*.py"), *tmp_path.glob("*/entry_points.txt")):
            file.write_text(file.read_text("utf-8").replace(folder.name, fresh.name), "utf-8")
        adapters.cache_clear()
        return fresh

    yield installed
    monkeypatch.undo()
    adapters.cache_clear()


def failed() -> set[str]:
    subject = subject_of(adapter("his/tiny"))
    return {name for name in CHECKS if found(name, subject)}


def test_an_outside_package_is_found_and_passes(install: Install) -> None:
    folder = install()
    assert adapter("his/tiny").folder == folder
    assert mapping_path("his/tiny/charge") == folder / "mappings" / "charge.yaml"
    assert failed() == set()


@pytest.mark.parametrize(
    ("meant", "change"),
    [
        ("hostile_input", ("wire.py", "(ValueError, RecursionError)", "json.JSONDecodeError")),
        ("verifies_senders", ("manifest.yaml", '"exempt: a desk in the same room has no keys"', "done")),
        ("exact_bytes", ("adapter.py", "Message(0, delivery.body, ", "Message(0, delivery.body + b' ', ")),
        ("repeats", ("adapter.py", "{tree['no']}", "{delivery.received_at}")),
        ("identities", ("adapter.py", "{tree['no']}", "charge")),
        ("wrong_charset", ("wire.py", "json.loads(body)", "json.loads(body.decode('utf-8', 'replace'))")),
        ("answers", ("adapter.py", 'Answer(b"ok")', "Answer(delivery.body)")),
        ("answers", ("adapter.py", 'Answer(b"no", ', 'Answer(b"Traceback", ')),
        ("answers", ("adapter.py", "fault is None and results", "fault.code and results")),
        ("refusals_differ", ("adapter.py", 'outcome.place != "refused"', "True")),
        ("samples_parse", ("mappings/samples/one.json", '"A1"', '"A-1"')),
        ("goldens", ("mappings/expected/one.json", "500", "501")),
        ("mappings", ("mappings/charge.test.yaml", "samples/two.json", "samples/one.json")),
        ("mappings", ("mappings/charge.yaml", "via: [yuan]", "via: [dollar]")),
        ("ladder", ("manifest.yaml", "exact_bytes: done", "exact_bytes: todo")),
        ("ladder", ("manifest.yaml", '"exempt: there is nobody to ask"', '"exempt:"')),
        ("ladder", ("manifest.yaml", "simulator:", "simulators:")),
        ("asks", ("manifest.yaml", '"exempt: there is nobody to ask"', "done")),
        ("readme", ("README.md", "`desk`", "it")),
        ("files", ("manifest.yaml", "adapter: his/tiny", "adapter: his/tiny")),
    ],
)
def test_each_check_finds_what_it_is_for(install: Install, meant: str, change: tuple[str, str, str]) -> None:
    folder = install(change)
    if meant == "files":
        (folder / "README.md").rename(folder / "readme.txt")
        assert list(CHECKS["files"](subject_of(adapter("his/tiny"))))
        return
    if change[1] == "via: [yuan]":  # a mapping that does not compile has no samples to try
        assert list(CHECKS["mappings"](subject_of(adapter("his/tiny"))))
        return
    assert meant in failed()
