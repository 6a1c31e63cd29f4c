"""Three brokers by deploy/kafka/start.sh: its own commands on the real programs, on loopback instead of named hosts."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.local.jars import java, kafka_jars
from hub.local.kafka import _free_ports
from hub.local.kafka_answer import living_brokers
from hub.processes.lifeline import die_with_parent
from tests.docs.blocks import ROOT
from tests.engine.cluster.broker import CACHE

SCRIPTS: Final = ROOT / "deploy" / "kafka"
NODES: Final = (1, 2, 3)
_PROGRAMS: Final = {"kafka-storage.sh": "kafka.tools.StorageTool", "kafka-server-start.sh": "kafka.Kafka"}


@dataclass(frozen=True, slots=True)
class Brokers:
    """Where they listen, inside and for users; and how to run a script beside one."""

    folder: Path
    inside: tuple[int, ...]
    users: tuple[int, ...]

    @property
    def servers(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self.users]

    def living(self) -> set[int]:
        """Those that take part, by their ports inside."""
        return set(living_brokers(self.inside[0]))

    def rights(self) -> None:
        """deploy/kafka/rights.sh, with the one Kafka program that is not among the jars played by `grant.py`."""
        environment = {**os.environ, "KAFKA": str(self.folder / "bin"), "SERVER": f"127.0.0.1:{self.inside[0]}"}
        subprocess.run(["sh", str(SCRIPTS / "rights.sh")], env=environment, check=True, timeout=60)


def _programs(folder: Path) -> None:
    folder.mkdir()
    classes = f"{kafka_jars(CACHE)}/*"
    for name, main in _PROGRAMS.items():
        line = [java(), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes, main]
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(line)} "$@"\n', "utf-8")
    (folder / "kafka-acls.sh").write_text(
        f'#!/bin/sh\ncd {shlex.quote(str(ROOT))} && exec {sys.executable} -m tests.deploy.grant "$@"\n', "utf-8"
    )
    for path in folder.iterdir():
        path.chmod(0o755)


def _configure(folder: Path, node: int, ports: dict[str, list[int]], secrets: Path) -> Path:
    """The shipped file with this machine's places in it, and nothing else changed."""
    text = (SCRIPTS / "server.properties").read_text("utf-8")
    for written, role in (
        ("kafkaNODE:9091", "inside"),
        ("kafkaNODE:9090", "controller"),
        ("kafkaNODE.example:9093", "users"),
    ):
        assert written in text
        text = text.replace(written, f"127.0.0.1:{ports[role][node - 1]}")
    for other in NODES:
        text = text.replace(f"kafka{other}:9090", f"127.0.0.1:{ports['controller'][other - 1]}")
    text = text.replace("/var/lib/kafka/data", str(folder / f"data-{node}")).replace("/run/secrets", str(secrets))
    (made := folder / f"config-{node}").mkdir()
    (made / "server.properties").write_text(text, "utf-8")
    return made


@contextlib.contextmanager
def brokers(folder: Path, secrets: Path) -> Iterator[Brokers]:
    """Started, not yet waited for; gone after the block."""
    folder.mkdir()
    _programs(folder / "bin")
    found = _free_ports(9)
    ports = {"inside": found[:3], "controller": found[3:6], "users": found[6:]}
    running = []
    try:
        for node in NODES:
            environment = {
                **os.environ,
                "NODE": str(node),
                "CLUSTER_ID": (secrets / "kafka.cluster").read_text().strip(),
                "KAFKA": str(folder / "bin"),
                "CONFIG": str(_configure(folder, node, ports, secrets)),
                "SECRETS": str(secrets),
                "TMPDIR": str(folder),
            }
            with (folder / f"broker-{node}.log").open("wb") as log:
                running.append(
                    subprocess.Popen(
                        ["sh", str(SCRIPTS / "start.sh")],
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        preexec_fn=die_with_parent(),  # noqa: PLW1509  (it asks the kernel, and takes no lock)
                    )
                )
        yield Brokers(folder, tuple(ports["inside"]), tuple(ports["users"]))
    finally:
        for process in running:
            process.kill()
            process.wait()
