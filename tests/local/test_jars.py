"""The jars are those on record, or there are none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hub.errors import Config
from hub.local.jars import VERSION, first_wrong, java, kafka_jars, on_record


def _linked(cache: Path, into: Path) -> Path:
    """A folder of the same jars that can be spoilt."""
    folder = into / f"kafka-{VERSION}"
    shutil.copytree(kafka_jars(cache), folder, copy_function=os.link)
    return folder


def test_all_jars_are_on_record(cache: Path) -> None:
    folder = kafka_jars(cache)
    assert {path.name for path in folder.iterdir()} == set(on_record())
    assert first_wrong(folder) is None


@pytest.mark.parametrize("change", ["altered", "missing", "foreign"])
def test_a_folder_that_is_not_as_on_record_is_noticed(cache: Path, tmp_path: Path, change: str) -> None:
    folder = _linked(cache, tmp_path)
    name = min(on_record())
    if change == "foreign":
        name = "evil.jar"
    else:
        (folder / name).unlink()
    if change != "missing":
        (folder / name).write_bytes(b"PK")
    assert first_wrong(folder) == name


def test_without_maven_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Config, match="BH-LOC-002"):
        kafka_jars(tmp_path)


def test_an_altered_folder_is_fetched_anew_by_maven(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Maven that brings what it was given: the right jars are taken, wrong ones are not."""
    right = kafka_jars(cache)
    tools = tmp_path / "bin"
    tools.mkdir()
    maven = tools / "mvn"
    maven.write_text(f'#!/bin/sh\nfor word; do :; done\ncp -r "${{BRINGS:-{right}}}" "${{word#-DoutputDirectory=}}"\n')
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    mine = tmp_path / "cache"
    folder = mine / f"kafka-{VERSION}"
    folder.mkdir(parents=True)
    assert kafka_jars(mine) == folder
    assert first_wrong(folder) is None
    spoilt = _linked(cache, tmp_path / "spoilt")
    (spoilt / "evil.jar").write_bytes(b"PK")
    monkeypatch.setenv("BRINGS", str(spoilt))
    with pytest.raises(Config, match=r"BH-LOC-004.*evil\.jar"):
        kafka_jars(tmp_path / "other")


def test_no_java_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Config, match="BH-LOC-001"):
        java()
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    with pytest.raises(Config, match=r"11\.0\.2"):
        java()
