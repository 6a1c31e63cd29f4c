"""Where segments lie: the port, and a folder (a mounted share of another machine) behind it.

Segments are numbered from 1. An object store can stand behind the port: it needs a listing in order and a put that
fails where the name is taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from hub.delivery.archive.faults import AWAY

IN_FOLDER: Final = 10_000
_SUFFIX: Final = ".bha"


class Store(Protocol):
    """Raises Retry on every call where it is away."""

    def last(self) -> int:
        """The number of the last segment, 0 where there is none."""

    def get(self, number: int) -> bytes | None:
        """A segment, None where it is missing."""

    def put(self, number: int, data: bytes) -> bool:
        """Keeps a segment, durably before it returns; False where another has that number."""


class Folder:
    """Segments as files, ten thousand in a sub-folder."""

    def __init__(self, folder: Path) -> None:
        """The folder has to be there: a share that is not mounted is not to be written beside."""
        self._folder = folder

    def last(self) -> int:
        """The number of the last segment."""
        with self._told():
            for folder in sorted((one for one in self._folder.iterdir() if one.name.isdigit()), reverse=True):
                if found := max((int(one.stem) for one in folder.glob(f"*{_SUFFIX}") if one.stem.isdigit()), default=0):
                    return found
            return 0

    def get(self, number: int) -> bytes | None:
        """A segment."""
        with self._told():
            try:
                return self._path(number).read_bytes()
            except FileNotFoundError:
                return None

    def put(self, number: int, data: bytes) -> bool:
        """Written aside and synced, then linked under its name, which fails where that is taken."""
        path = self._path(number)
        aside = self._folder / f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}"
        with self._told():
            if not path.parent.is_dir():
                path.parent.mkdir(exist_ok=True)
                _sync(self._folder)
            try:
                with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                path.hardlink_to(aside)
                _sync(path.parent)
            except FileExistsError:
                return False
            finally:
                aside.unlink(missing_ok=True)
        return True

    def _path(self, number: int) -> Path:
        return self._folder / f"{number // IN_FOLDER:08d}" / f"{number:012d}{_SUFFIX}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise AWAY(str(self._folder), found=error.strerror or type(error).__name__) from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
