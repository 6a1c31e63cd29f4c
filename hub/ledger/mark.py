"""The mark in a data folder: where its ledger is being moved, or was. The database file itself is never written.

It is there before the first row is read and gone only by a person's word, so no hub adds to what is already copied.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from hub.errors import Fault
from hub.ledger.faults import BUSY, MARK_BROKEN, MOVE_UNFINISHED, MOVED

FILE: Final = "moved.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """One move of one ledger."""

    id: str
    """names this move on both sides"""
    state: Literal["moving", "moved"]
    to: str
    """host, port and database; no secret"""
    at: str


def read(folder: Path) -> Mark | None:
    """The folder's mark.

    Raises:
        Config: there is one that cannot be read.
    """
    path = folder / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise MARK_BROKEN(str(folder), path=str(path)) from None


def fault_of(folder: Path) -> Fault | None:
    """Why no hub may run on this folder, or None.

    Raises:
        Config: its mark cannot be read.
    """
    found = read(folder)
    if found is None:
        return None
    if found.state == "moving":
        return MOVE_UNFINISHED(str(folder), to=found.to)
    return MOVED(str(folder), to=found.to, at=found.at)


def write(folder: Path, mark: Mark) -> None:
    """Writes the mark, durably, in one step.

    Raises:
        Retry: the folder cannot be written.
    """
    with _told():
        fresh = folder / f"{FILE}.new"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, msgspec.json.encode(mark))
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.replace(folder / FILE)
        _sync(folder)


def remove(folder: Path) -> None:
    """Takes the mark away, durably.

    Raises:
        Retry: the folder cannot be written.
    """
    with _told():
        (folder / FILE).unlink(missing_ok=True)
        _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told() -> Iterator[None]:
    """Before anybody else takes it for a lost connection."""
    try:
        yield
    except OSError as error:
        raise BUSY(str(error.filename or FILE), found=error.strerror or type(error).__name__) from error
