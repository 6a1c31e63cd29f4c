"""Takes pages apart: fenced blocks with their language, and the commands of shell blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
BIN: Final = ROOT / ".venv" / "bin"
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(r"\s+# .*$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block and the line it starts at."""

    language: str
    text: str
    line: int

    @property
    def commands(self) -> list[str]:
        """The lines of a shell block, without comments."""
        return [_COMMENT.sub("", line) for line in self.text.splitlines() if line.strip()]

    @property
    def file(self) -> str:
        """The file a block is meant to be, by its first line `# path/name.yaml`; empty where it is a piece."""
        found = re.match(r"# ([\w/.-]+\.ya?ml)\n", self.text)
        return found[1] if found else ""


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)
