"""One thing that must hold after a drill, whether it does, and what was found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expectation:
    """In the shape of the demonstration's report."""

    what: str
    ok: bool
    found: str = ""

    def json(self) -> dict[str, object]:
        """The outer shape."""
        shown: dict[str, object] = {"what": self.what, "ok": self.ok}
        return shown | {"found": self.found} if self.found else shown
