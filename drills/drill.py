"""What a drill is: a name, what it shows, what it needs of the machine and of the stage, and its story."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from drills.hand import Hand
from drills.stage import Shape

Story = Callable[[Hand], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill; each file of `stories/` has one as `DRILL`."""

    name: str
    zh: str
    en: str
    play: Story
    shape: Shape = field(default_factory=Shape)
    machines: tuple[tuple[str, ...], ...] = (("door", "worker", "issuer"),)
    """the roles of each machine that runs from the beginning"""
    needs: tuple[str, ...] = ("java", "postgres")
