"""What a hub refuses to start with: exit 3 and a line that says what is missing and what to do, never a stack trace."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.badinput.hub import Hub


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that would start."""
    made = Hub(tmp_path_factory.mktemp("start"))
    yield made
    made.close()


def _gone(path: Path) -> Callable[[], None]:
    """Puts a file or folder away, and returns what brings it back."""
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    return lambda: aside.rename(path) and None


def _changed(path: Path, content: bytes) -> Callable[[], None]:
    before = path.read_bytes()
    path.write_bytes(content)
    return lambda: path.write_bytes(before) and None


SPOILT: dict[str, tuple[Callable[[Hub], Callable[[], None]], str, str]] = {
    # name: (how, our code, what the line names)
    "no master key": (lambda hub: _gone(hub.world.data / "master.key"), "BH-SEC-", "master.key"),
    "a broken master key": (lambda hub: _changed(hub.world.data / "master.key", b"%%%"), "BH-SEC-", "master.key"),
    "no signing keys": (lambda hub: _gone(hub.world.units / "keys" / "hospital"), "BH-ISS-010", "hospital"),
    "no signing key": (lambda hub: _gone(hub.world.units / "keys" / "hospital" / "unit.key"), "BH-ISS-010", "hospital"),
    "a broken signing key": (
        lambda hub: _changed(hub.world.units / "keys" / "hospital" / "unit.key", b"-----BEGIN PRIVATE KEY-----\nx\n"),
        "BH-ISS-010",
        "unit.key",
    ),
    "no key of a sender's": (lambda hub: _gone(hub.world.units / "keys" / "alipay.pem"), "BH-REG-013", "public_key"),
    "a broken key of a sender's": (
        lambda hub: _changed(hub.world.units / "keys" / "alipay.pem", b"x"),
        "BH-ALI-020",
        "public_key",
    ),
    "no trust folder": (lambda hub: _gone(hub.world.units / "keys" / "trust"), "BH-", "trust"),
    "a broken unit": (lambda hub: _changed(hub.world.units / "school.yaml", b"unit: ["), "BH-CFG-015", "school.yaml:"),
    "an unknown adapter": (
        lambda hub: _changed(
            hub.world.units / "school.yaml",
            (hub.world.units / "school.yaml").read_bytes().replace(b"education/school_table\n", b"education/moon\n"),
        ),
        "BH-REG-001",
        "education/moon",
    ),
    "no mapping": (
        lambda hub: _changed(
            hub.world.units / "school.yaml",
            (hub.world.units / "school.yaml").read_bytes().replace(b"school_table/fees]", b"school_table/moon]"),
        ),
        "BH-REG-020",
        "school_table/moon",
    ),
}


@pytest.mark.parametrize("processes", [("--doors", "1", "--issuers", "1"), ("--doors", "0", "--issuers", "0")])
@pytest.mark.parametrize("name", SPOILT)
def test_it_ends_with_3_and_says_why(ready: Hub, name: str, processes: tuple[str, ...]) -> None:
    spoil, code, named = SPOILT[name]
    back = spoil(ready)
    try:
        ended, said = ready.run_to_end(*processes)
    finally:
        back()
    assert ended == 3, said
    assert "Traceback" not in said, said
    last = said.strip().splitlines()[-1]
    assert code in last, said
    assert named in last, said
    assert "→" in last


def test_a_port_in_use_is_named(ready: Hub) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended, said = ready.run_to_end("--http", f"127.0.0.1:{port}")
        assert ended == 3
        assert "BH-DOR-001 " in said
        assert str(port) in said
        ready.edit("hospital", ('mllp: "127.0.0.1:0"', f'mllp: "127.0.0.1:{port}"'))
        ended, said = ready.run_to_end()
        ready.edit("hospital", (f'mllp: "127.0.0.1:{port}"', 'mllp: "127.0.0.1:0"'))
        assert (ended, str(port) in said) == (3, True)
    assert "Traceback" not in said


def test_a_second_hub_is_told_of_the_first(ready: Hub) -> None:
    ready.start()
    try:
        assert ready.process is not None
        ended, said = ready.run_to_end()
        assert ended == 3
        assert "BH-LED-006" in said
        assert str(ready.process.pid) in said
    finally:
        ready.stop()


def test_after_all_that_it_starts_and_ends_at_once(ready: Hub) -> None:
    ready.start()
    assert ready.stop() == 0
    assert "does not end; it is killed" not in ready.log()  # what is promised of SIGTERM
    assert "Traceback" not in ready.log()
