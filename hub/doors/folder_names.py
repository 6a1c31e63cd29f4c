"""File names of the folder door: which files are finished work, and where a file goes at each step.

    name.csv → .work/7~name.csv → name.csv.done with name.csv.done.txt (or .failed; a second one: name.csv.2.done)

The number before `~` keeps two files of one name apart; nothing is ever overwritten.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

WORK: Final = ".work"
_IGNORED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~", ".done", ".failed")
_ANSWERS: Final = (".done.txt", ".failed.txt")
_LONGEST: Final = 200
"""Bytes of a name that leave room for what is added within the 255 of common file systems."""


def is_work(name: str) -> bool:
    """Whether a name is a sender's file: not hidden, not half-written, not an answer of ours."""
    lower = name.lower()
    return not lower.startswith((".", "~$")) and not lower.endswith(_IGNORED) and not lower.endswith(_ANSWERS)


def shown(name: str) -> str:
    """The name as text that can be stored; bytes that are not UTF-8 are written as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def fitted(name: str) -> str:
    """The name, cut at the front if it is too long to be added to (the ending tells what kind of file it is)."""
    raw = os.fsencode(name)
    return name if len(raw) <= _LONGEST else os.fsdecode(raw[-_LONGEST:].decode("utf-8", "ignore").encode())


def work_place(work: Path, name: str, first: int = 1) -> Path:
    """A free place in the work folder for a file of this name."""
    number = first
    while (made := work / f"{number}~{fitted(name)}").exists():
        number += 1
    return made


def name_of(worked: Path) -> str:
    """The sender's name of a file in the work folder."""
    return worked.name.partition("~")[2]


def final_place(folder: Path, name: str, ending: str) -> Path:
    """Where a finished file goes: neither the place nor its answer's place is taken yet."""
    number = 1
    while True:
        made = folder / (f"{name}.{ending}" if number == 1 else f"{name}.{number}.{ending}")
        if not os.path.lexists(made) and not os.path.lexists(f"{made}.txt"):
            return made
        number += 1
