"""The commands in the documents, run one after another as a reader would type them, in a folder of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from hub.bill.numbering import SHANGHAI
from tests.docs.blocks import BIN, ROOT, blocks

PLACEHOLDER = re.compile(r"\b(ID|KEY|DIR|FILE)\b")
CODE = re.compile(r"\b(41060[1-4])26\b")
"""A bill code in the pages ends in the year they were written; the hub issues in this one."""
SECONDS = 60


class Reader:
    """Somebody who follows a page: types its commands in a folder, keeps the hub running in another terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub: subprocess.Popen[bytes] | None = None
        self.ports: dict[str, str] = {}
        self.environment = {**os.environ, "BILLHUB_LANG": "en"}

    def types(self, line: str) -> None:
        command = self.adapted(line)
        if command.startswith("make "):
            targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
            assert command.split()[1] in targets, line
        elif PLACEHOLDER.search(command):
            self.knows(command)
        elif " run " in command:
            self.starts(command)
        else:
            if " export " in command:
                self.until(lambda: not self.says(f"{BIN}/billhub bills --data data --status due"))
            self.says(command)

    def says(self, command: str) -> str:
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=SECONDS
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def knows(self, command: str) -> None:
        """A command with a placeholder: its verb and options are in the help."""
        words = command.split()
        verbs = [word for word in words[1:3] if word.isalpha() and word.islower()]
        told = self.says(f"{words[0]} {' '.join(verbs)} --help")
        for option in re.findall(r"(?<=\s)--?[a-z-]+", command):
            assert option in told, f"{command}: {option}"

    def starts(self, command: str) -> None:
        ready = self.folder / "ready.json"
        named = command if "--ready" in command else f"{command} --ready ready.json"
        log = (self.folder / "hub.log").open("wb")
        self.hub = subprocess.Popen(named.split(), cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        self.until(ready.exists)
        assert json.loads(ready.read_text())["pid"] == self.hub.pid

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < end, (self.folder / "hub.log").read_text("utf-8")
            assert self.hub is None or self.hub.poll() is None, (self.folder / "hub.log").read_text("utf-8")
            time.sleep(0.05)

    def leaves(self) -> None:
        if self.hub is not None:
            self.hub.send_signal(signal.SIGTERM)
            assert self.hub.wait(SECONDS) == 0
            self.hub = None

    def adapted(self, text: str) -> str:
        """The same text for this machine: its commands, free ports, this year's bill codes."""
        text = re.sub(r"^(?:\.venv/bin/)?(billhub|python) ", rf"{BIN}/\1 ", text)
        text = CODE.sub(rf"\g<1>{datetime.now(SHANGHAI):%y}", text)
        return re.sub(r"127\.0\.0\.1:(2575|8080)", lambda found: f"127.0.0.1:{self.port(found[1])}", text)

    def port(self, written: str) -> str:
        if written not in self.ports:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.ports[written] = str(free.getsockname()[1])
        return self.ports[written]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    made = Reader(tmp_path)
    yield made
    if made.hub is not None:
        made.hub.kill()
        made.hub.wait()


def follow(reader: Reader, page: str) -> None:
    for block in blocks(ROOT / page):
        if block.language == "yaml" and block.file.startswith("units/"):
            (file := reader.folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            file.write_text(reader.adapted(block.text), "utf-8")
        if block.language == "sh":
            for command in block.commands:
                reader.types(command)


def test_the_readme_leads_to_issued_bills(reader: Reader) -> None:
    follow(reader, "README.md")
    assert len(list((reader.folder / "out").glob("*.xml"))) == 3
    reader.leaves()


def test_the_chinese_readme_has_the_same_commands() -> None:
    def of(page: str) -> list[object]:
        return [block.commands if block.language == "sh" else block.text for block in blocks(ROOT / page)]

    assert of("README.md") == of("README.zh.md")


def test_operating_on_a_demo_world(reader: Reader) -> None:
    reader.says(f"{BIN}/billhub demo --once --bills 12 --dir .")
    (reader.folder / "ready.json").unlink(missing_ok=True)
    follow(reader, "docs/operating.md")
    reader.leaves()


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/mapping-language.md"])
def test_commands_of_those_who_write_mappings(reader: Reader, page: str) -> None:
    shutil.copytree(ROOT / "mappings", reader.folder / "mappings")
    follow(reader, page)


def test_a_command_that_does_not_exist_is_found(reader: Reader) -> None:
    with pytest.raises(AssertionError):
        reader.types("billhub bils --data data")
    with pytest.raises(AssertionError):
        reader.types("billhub parked replay ID --dry-rum")
    with pytest.raises(AssertionError):
        reader.types("make tset")
