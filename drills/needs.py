"""What drills need of the machine, and whether it is here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from drills.network import network_here
from drills.space import space_here
from drills.stories.clock_moved import library
from hub.errors import Config
from hub.local.faults import LACKS, NO_POSTGRES
from hub.local.jars import java, kafka_jars
from hub.local.postgres import installed


def _java(jars: Path) -> None:
    java()
    kafka_jars(jars)


def _postgres(_: Path) -> None:
    if installed() is None:
        raise NO_POSTGRES(found="no initdb")


def _mount(_: Path) -> None:
    if not space_here():
        raise LACKS(what="a mount of its own (tmpfs)", do="run it as root")


def _namespace(_: Path) -> None:
    if not network_here():
        raise LACKS(what="a network namespace with cables of its own", do="run it as root, with iproute2 installed")


def _faketime(_: Path) -> None:
    if library() is None:
        raise LACKS(what="libfaketime", do="apt-get install libfaketime")


_CHECKS: Final[dict[str, Callable[[Path], None]]] = {
    "java": _java,
    "postgres": _postgres,
    "mount": _mount,
    "namespace": _namespace,
    "faketime": _faketime,
}


def check(needs: Sequence[str], jars: Path) -> None:
    """Whether a drill can be played here.

    Raises:
        Config: something is missing; the text says what and what to do.
    """
    for need in needs:
        _CHECKS[need](jars)


def missing(needs: Sequence[str], jars: Path) -> str:
    """What is missing, in one line; empty where nothing is."""
    try:
        check(needs, jars)
    except Config as fault:
        return str(fault)
    return ""
