"""A progress bar of several stages on standard error: on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

WIDTH: Final = 30


class Bar:
    """Draws where a long work is; says nothing in a pipe."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names`: stage → what a person calls it."""
        self._names = names
        self._drawn = ("", -1)
        self._shown = sys.stderr.isatty()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` things of a stage; a stage that is complete gets a line of its own."""
        width = WIDTH * done // total if total else WIDTH
        if not self._shown or (stage, width) == self._drawn:
            return
        self._drawn = (stage, width)
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r{self._names[stage]} [{'█' * width}{' ' * (WIDTH - width)}] {done}/{total}{end}")
        sys.stderr.flush()
