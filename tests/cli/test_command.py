"""The command as a whole: help and languages, exit codes, pipes, what it reads."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command, World, command, process

VERBS = [
    *("run", "demo", "check", "read", "explain", "test", "bills", "export", "verify", "books"),
    *("parked list", "parked show", "parked replay", "numbers stock", "numbers receive", "keys new", "keys insurer"),
    "drill",
]
LOOKING = ["bills", "books", "parked list", "numbers stock", "export", "verify", "parked show", "parked replay"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_an_example(billhub: Command, verb: str) -> None:
    shown = billhub(*verb.split(), "--help")
    assert shown.code == 0
    assert f"billhub {verb}" in " ".join(shown.out.partition("Example:")[2].split())


@pytest.mark.parametrize("verb", LOOKING)
def test_verbs_that_look_at_a_hub_take_the_same_options(billhub: Command, verb: str) -> None:
    shown = billhub(*verb.split(), "--help").out
    assert "--data DIR" in shown
    assert "-c, --config PATH" in shown
    assert "--json" in shown


@pytest.mark.parametrize(
    ("arguments", "env", "chinese"),
    [
        (("--lang", "zh", "books", "--help"), {}, True),
        (("books", "--help", "--lang", "zh"), {}, True),
        (("books", "--lang=zh", "--help"), {}, True),
        (("books", "--help"), {"BILLHUB_LANG": "zh"}, True),
        (("books", "--help"), {"LC_ALL": "zh_CN.UTF-8"}, True),
        (("books", "--help"), {"BILLHUB_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, False),
        (("--lang", "en", "books", "--help"), {"BILLHUB_LANG": "zh"}, False),
        (("books", "--help"), {}, False),
    ],
)
def test_the_language_is_chosen_by_option_then_environment(
    arguments: tuple[str, ...], env: dict[str, str], chinese: bool
) -> None:
    shown = process(*arguments, env={"PYTHONUTF8": "1", **env})
    assert shown.code == 0
    assert ("核对账目" in shown.out) == chinese


def test_an_unknown_language_or_verb_or_option_is_a_wrong_call() -> None:
    assert process("--lang", "fr", "books").code == 2
    assert process("nothing").code == 2
    assert process("books", "--nothing").code == 2


def test_help_reads_nothing_that_it_does_not_need() -> None:
    """What takes long to import belongs into the verbs, where it is used."""
    tell = "lambda: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    program = (
        f"import atexit, sys; from hub.cli import main; atexit.register({tell}); sys.argv[1:] = ['--help']; main()"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "parked" in told.stdout
    assert "typer" in told.stderr.split()
    assert not {"asyncio", "cryptography", "httpx", "lxml", "pydantic", "sqlalchemy"} & set(told.stderr.split())


def test_a_reader_that_goes_away_ends_it_quietly(world: World) -> None:
    many = [*command(["bills", "--json", *world.at])]
    with subprocess.Popen(many, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(1)
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(20) == 0


def test_what_is_missing_is_named_with_what_to_do(billhub: Command, tmp_path: Path) -> None:
    nothing = billhub("books", "--data", tmp_path / "nothing")
    assert nothing.code == 3
    assert nothing.out == ""
    assert "BH-ENG-008" in nothing.err
    assert "→" in nothing.err
    assert len(nothing.err.splitlines()) == 1
    for verb in (["check"], ["read", "his/hl7v2"], ["verify"], ["explain", "his/hl7v2/dft-p03"], ["test"]):
        missing = billhub(*verb, tmp_path / "nothing")
        assert (missing.code, missing.out) == (2, ""), verb
        assert "no such file" in missing.err
    assert billhub("read", "no/such", __file__).code == 3


def test_a_damaged_database_is_no_stack_trace(billhub: Command, world: World, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(world.data, data)
    with (data / "ledger.db").open("r+b") as file:
        file.seek(0)
        file.write(b"not a database at all" * 300)
    found = billhub("books", "--data", data)
    assert found.code == 3
    assert "BH-LED-00" in found.err


def test_a_demo_on_a_port_in_use_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = process("demo", "--port", str(port))
    assert refused.code == 3
    assert refused.out == ""
    assert f"port {port} is already in use" in refused.err
    assert "choose another port" in refused.err


def test_a_demo_goes_on_until_it_is_ended(tmp_path: Path) -> None:
    heard = ["env", "--default-signal=INT"]  # a shell lets its background jobs ignore it
    running = subprocess.Popen(
        [*heard, *command(["demo", "--bills", "12", "--port", "0", "--dir", tmp_path])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ, BILLHUB_LANG="en"),
    )
    assert running.stdout is not None
    assert running.stderr is not None
    told = [running.stdout.readline().decode() for _ in range(5)]
    assert told[0].startswith("12 charges")
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 0
    said = running.stderr.read().decode()
    assert "/console/" in said
    assert "insurer.key" in said
    assert (tmp_path / "peers" / "insurer.key").stat().st_mode & 0o077 == 0
    running.stdout.close()
    running.stderr.close()
