"""What the parent tells a child at its start: where the data is, which listening sockets it inherits."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Final

import msgspec

from hub.tracing.collector import Collector

VARIABLE: Final = "BILLHUB_PLAN"
"""The environment variable that carries the plan; it holds paths and file descriptors, no secrets."""


class Plan(msgspec.Struct, frozen=True):
    """A child's orders."""

    role: str
    data: str
    http: int = -1
    """file descriptor of the listening HTTP socket"""
    mllp: dict[str, int] = {}
    """unit/source → file descriptor"""
    folders: dict[str, str] = {}
    """unit/source → folder, for the one door process that watches folders"""
    capacity: int = 64
    hub: str = ""
    """a cluster's hub.yaml"""
    database: str = ""
    """the name of its database, empty where it was away"""
    number: int = 0
    """which of its role's processes on this machine it is"""
    post: int = -1
    """file descriptor on which a cluster's child tells its parent that it is ready, or why it is not"""
    meter: int = -1
    """file descriptor of the datagram socket on which it shows what it has counted"""
    collector: Collector | None = None
    """where an embedded hub's traces go; a cluster's stands in its hub.yaml"""

    @property
    def data_path(self) -> Path:
        """The data folder."""
        return Path(self.data)


def name_of(role: str, data: str, number: int = 0) -> str:
    """Names a process among its role's on all machines, the same in each of its lives."""
    host = socket.gethostname()
    where = hashlib.sha256(f"{host}\x1f{data}".encode()).hexdigest()[:8]
    return f"{role}-{host}-{where}-{number}"


def plan_from_environment() -> Plan:
    """The plan this process was started with."""
    return msgspec.json.decode(os.environ[VARIABLE], type=Plan)


def environment_of(plan: Plan) -> dict[str, str]:
    """The environment a child is started with."""
    return {**os.environ, VARIABLE: msgspec.json.encode(plan).decode()}
