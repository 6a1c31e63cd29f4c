"""A small disk of a server's own, which can be filled and given space again. Needs root: it is a mounted tmpfs."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MIB: Final = 1024 * 1024
_BALLAST: Final = "ballast"


@dataclass(frozen=True, slots=True)
class Space:
    """A disk of a fixed size, mounted on a folder."""

    folder: Path
    mib: int

    @property
    def free_mib(self) -> float:
        """What is left of it."""
        left = os.statvfs(self.folder)
        return left.f_bavail * left.f_frsize / _MIB

    def fill(self, leave_mib: float) -> None:
        """Somebody else's file takes all but so much."""
        size = int((self.free_mib - leave_mib) * _MIB)
        with (self.folder / _BALLAST).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, size))

    def give(self) -> None:
        """The file is gone."""
        (self.folder / _BALLAST).unlink()


@contextlib.contextmanager
def space(folder: Path, mib: int) -> Iterator[Space]:
    """Mounts the disk over an empty folder, keeping its owner; it is gone after the block."""
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder.stat()
    options = f"size={mib}m,mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "billhub-drill", str(folder)], check=True)
    try:
        yield Space(folder, mib)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def space_here() -> bool:
    """Whether a disk can be mounted."""
    if os.geteuid() != 0:
        return False
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        try:
            with space(Path(folder) / "try", 1):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False
