"""HAPI, the Java reference implementation of HL7 v2, as a program beside the tests.

It sends to a real door over MLLP by its own initiator, reads messages by its own parser, and writes some of its own;
`Hl7.java` says how it is asked.
"""

from __future__ import annotations

import base64
import subprocess
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

from tests.judges import command


class Refused(Exception):  # noqa: N818  (what HAPI did, not what we got wrong)
    """HAPI cannot read or send it; the text is HAPI's."""


class Judge:
    """A running HAPI, asked one thing at a time."""

    def __init__(self) -> None:
        self.said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the judge)
        self.process = subprocess.Popen(
            command("Hl7.java"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said
        )
        assert self._line() == ["ready"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.said.close()

    def send(self, port: int, message: str, *paths: str) -> list[str]:
        """Sends by HAPI's initiator; the values of the acknowledgement it got."""
        return self._ask("send", str(port), _sealed(message), *map(_sealed, paths))

    def typed(self, message: str, *paths: str) -> list[str]:
        """Values as HAPI reads them with the structures of the message's version (Terser paths)."""
        return self._ask("typed", _sealed(message), *map(_sealed, paths))

    def plain(self, message: str, places: Sequence[tuple[int, int, int, int, int]]) -> list[str]:
        """Values by segment (from 0), field, repetition (from 0), component, sub-component."""
        return self._ask("plain", _sealed(message), *(_sealed(":".join(map(str, place))) for place in places))

    def write(self, values: dict[str, str]) -> str:
        """A DFT^P03 with these values by Terser path, as HAPI encodes it."""
        (made,) = self._ask("write", *(_sealed(word) for pair in values.items() for word in pair))
        return made

    def _ask(self, *words: str) -> list[str]:
        assert self.process.stdin is not None
        self.process.stdin.write("\t".join(words).encode("ascii") + b"\n")
        self.process.stdin.flush()
        kind, *texts = self._line()
        opened = [base64.b64decode(text).decode() for text in texts]
        if kind != "ok":
            raise Refused(opened[0])
        return opened

    def _line(self) -> list[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode("ascii")
        if not line:
            self.said.seek(0)
            raise AssertionError(self.said.read().decode("utf-8", "replace"))
        return line.rstrip("\n").split("\t")


def _sealed(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
