"""A real Kafka (KRaft, no ZooKeeper) of one broker or three in a folder, on loopback and free ports.

Brokers end with the process that started them, are stopped by their own process ids, and come back on the same ports
with the same data. With `users`, a second listener asks for a name and a password (SASL PLAIN) and grants nothing but
what ACLs allow; the first one, for this machine's owner, may do anything. With `identity` the second one speaks TLS.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Self

from hub.local.faults import BROKER_FAILED
from hub.local.jars import java, kafka_jars
from hub.local.kafka_answer import living_brokers
from hub.processes.lifeline import die_with_parent

_JVM: Final = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # a short life: compiling well costs more than it brings
    "-XX:MaxMetaspaceSize=128m",
    "-Xss512k",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
_START_SECONDS: Final = 90.0
_STOP_SECONDS: Final = 30.0
_ROLES: Final = ("owner", "users", "controller")
"""What each of a broker's three ports is for."""


class LocalKafka:
    """See the module. Blocking: for tests, demonstrations and drills, not for a loop with other work."""

    def __init__(
        self,
        folder: Path,
        cache: Path,
        *,
        brokers: int = 1,
        heap_mib: int = 192,
        users: Mapping[str, str] | None = None,
        identity: Path | None = None,
        settings: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        """Nothing is started yet.

        Args:
            folder: of data, logs and configuration.
            cache: holds the jars.
            brokers: how many.
            heap_mib: of each.
            users: names and passwords of the second listener.
            identity: PEM of a PKCS #8 key and its certificate, for TLS on the second listener.
            settings: go into server.properties as they are.
            host: the address of this machine that the brokers listen on.
        """
        self.folder = folder.absolute()
        self.nodes = range(1, brokers + 1)
        self._cache = cache
        self._heap = heap_mib
        self._users = dict(users or {})
        self._identity = identity
        self._settings = dict(settings or {})
        self._host = host
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        self._cluster, self._ports = self._remembered(brokers)

    @property
    def servers(self) -> list[str]:
        """Addresses of the owner's listener."""
        return [f"{self._host}:{self._port(node, 'owner')}" for node in self.nodes]

    @property
    def user_servers(self) -> list[str]:
        """Addresses of the listener that asks who is there."""
        return [f"{self._host}:{self._port(node, 'users')}" for node in self.nodes]

    def start(self, *nodes: int) -> LocalKafka:
        """Starts the named brokers, or all; returns when they take part in the cluster.

        Raises:
            Config: no Java, no jars, or a broker that does not come up.
        """
        wanted = [node for node in nodes or self.nodes if not self.alive(node)]
        classes = f"{kafka_jars(self._cache)}/*"
        command = [java(), f"-Xmx{self._heap}m", *_JVM, "-cp", classes]
        for node in wanted:
            self._launch(node, command)
        for node in wanted:
            self._await(node)
        return self

    def alive(self, node: int = 1) -> bool:
        """Whether the broker's process is there."""
        process = self._processes.get(node)
        return process is not None and process.poll() is None

    def pid(self, node: int = 1) -> int:
        """The broker's process id."""
        return self._processes[node].pid

    def stop(self, *nodes: int) -> None:
        """Ends brokers in order; one that does not end is killed."""
        self._end(nodes or self.nodes, signal.SIGTERM)

    def kill(self, *nodes: int) -> None:
        """Ends brokers at once, with no chance to write anything down."""
        self._end(nodes or self.nodes, signal.SIGKILL)

    def pause(self, node: int = 1) -> None:
        """Freezes a broker: its connections stay and nobody answers."""
        self._processes[node].send_signal(signal.SIGSTOP)

    def resume(self, node: int = 1) -> None:
        """Lets a frozen broker go on."""
        self._processes[node].send_signal(signal.SIGCONT)

    def log(self, node: int = 1) -> Path:
        """The broker's log."""
        return self.folder / f"broker-{node}.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _port(self, node: int, role: str) -> int:
        return self._ports[(node - 1) * len(_ROLES) + _ROLES.index(role)]

    def _remembered(self, brokers: int) -> tuple[str, list[int]]:
        """The cluster's id and ports: those of its first start, for ever."""
        note = self.folder / "cluster.json"
        if not note.exists():
            identity = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=").replace("-", "_")
            note.write_text(json.dumps({"id": identity, "ports": _free_ports(brokers * len(_ROLES))}), "ascii")
        kept = json.loads(note.read_text("ascii"))
        return kept["id"], kept["ports"]

    def _launch(self, node: int, command: list[str]) -> None:
        config = str(self._configure(node))
        with self.log(node).open("ab") as log:
            if not (self.folder / f"data-{node}" / "meta.properties").exists():
                storage = [*command, "kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", config]
                done = subprocess.run(storage, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
                if done.returncode:
                    raise BROKER_FAILED(node=node, log=self.log(node))
            self._processes[node] = subprocess.Popen(
                [*command, "kafka.Kafka", config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509  (it asks the kernel, and takes no lock)
            )

    def _await(self, node: int) -> None:
        end = time.monotonic() + _START_SECONDS
        port = self._port(node, "owner")
        while port not in living_brokers(port, self._host):
            if not self.alive(node) or time.monotonic() > end:
                self.kill(node)
                raise BROKER_FAILED(node=node, log=self.log(node))
            time.sleep(0.05)

    def _configure(self, node: int) -> Path:
        copies = min(3, len(self.nodes))
        voters = ",".join(f"{other}@{self._host}:{self._port(other, 'controller')}" for other in self.nodes)
        listeners = {"PLAINTEXT": "owner", "CONTROLLER": "controller"} | ({"USERS": "users"} if self._users else {})
        spoken = {name: f"{name}://{self._host}:{self._port(node, role)}" for name, role in listeners.items()}
        protocols = {
            "PLAINTEXT": "PLAINTEXT",
            "CONTROLLER": "PLAINTEXT",
            "USERS": "SASL_SSL" if self._identity else "SASL_PLAINTEXT",
        }
        values = {
            "process.roles": "broker,controller",
            "node.id": str(node),
            "listeners": ",".join(spoken.values()),
            "advertised.listeners": ",".join(spoken[name] for name in spoken if name != "CONTROLLER"),
            "listener.security.protocol.map": ",".join(f"{name}:{protocols[name]}" for name in spoken),
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": voters,
            "log.dirs": str(self.folder / f"data-{node}"),
            "auto.create.topics.enable": "false",
            "min.insync.replicas": str(max(1, copies - 1)),
            "offsets.topic.replication.factor": str(copies),
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": str(copies),
            "transaction.state.log.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "0",
            "broker.session.timeout.ms": "6000",  # less, and a loaded machine fences its own broker
            "broker.heartbeat.interval.ms": "500",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
            **(self._guarded() if self._users else {}),
            **self._settings,
        }
        path = self.folder / f"server-{node}.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), "ascii")
        path.chmod(0o600)
        return path

    def _guarded(self) -> dict[str, str]:
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        known = " ".join(f'user_{name}="{password}"' for name, password in self._users.items())
        shown = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(self._identity)} if self._identity else {}
        return {
            **shown,
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.users.plain.sasl.jaas.config": f"{login} {known};",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }

    def _end(self, nodes: Iterable[int], sign: signal.Signals) -> None:
        living = [self._processes[node] for node in nodes if self.alive(node)]
        for process in living:
            process.send_signal(sign)
            process.send_signal(signal.SIGCONT)  # a frozen one hears no SIGTERM
        for process in living:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(sock.getsockname()[1]) for sock in held]
    finally:
        for sock in held:
            sock.close()
