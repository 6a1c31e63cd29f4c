"""Whether a machine is ready, check by check, and since when each is as it is.

Others put in what they found, whenever they find it; asking is a look at what is known, so that a probe is answered at
once however long a broker or a database hangs. What was not heard of for a while is not good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from hub.errors import Fault
from hub.metrics.faults import NO_ANSWER

STALE_SECONDS: Final = 10.0
"""A check that found nothing for so long hangs."""
LIVE: Final = frozenset({"children"})
"""What the parent sees by itself and at any moment."""
MESSAGES: Final = "messages"
"""`/readyz?for=messages`: whether messages can be taken, whatever else is amiss."""


@dataclass(slots=True)
class _State:
    fault: Fault | None
    since: datetime
    looked: datetime


@dataclass(slots=True)
class Checks:
    """The checks of one machine. `vital`: those without which it takes no message."""

    expected: tuple[str, ...]
    vital: frozenset[str]
    began: datetime
    _states: dict[str, _State] = field(default_factory=dict)

    def put(self, check: str, fault: Fault | None, now: datetime) -> None:
        """What was found."""
        known = self._states.get(check)
        same = known is not None and (known.fault is None) == (fault is None)
        since = known.since if known is not None and same else now
        self._states[check] = _State(fault, since, now)

    def found(self, now: datetime, purpose: str = "") -> list[tuple[str, Fault | None, datetime]]:
        """(check, what is wrong with it, since when)."""
        return [self._one(check, now) for check in self._wanted(purpose)]

    def _wanted(self, purpose: str) -> Iterable[str]:
        return (check for check in self.expected if purpose != MESSAGES or check in self.vital)

    def _one(self, check: str, now: datetime) -> tuple[str, Fault | None, datetime]:
        state = self._states.get(check)
        heard = state.looked if state is not None else self.began
        silent = (now - heard).total_seconds()
        if state is None or (silent > STALE_SECONDS and check not in LIVE):
            wrong = state is not None and state.fault is not None
            since = state.since if state is not None and wrong else heard
            return check, NO_ANSWER(check=check, seconds=round(silent)), since
        return check, state.fault, state.since


def document(found: Iterable[tuple[str, Fault | None, datetime]]) -> dict[str, Any]:
    """{ready, checks {name: {ok, since, and of a bad one code, zh, en}}}: the parent's word to whoever shows it."""
    checks: dict[str, Any] = {}
    for check, fault, since in found:
        shown: dict[str, Any] = {"ok": fault is None, "since": since.isoformat(timespec="seconds")}
        if fault is not None:
            shown |= {"zh": fault.json("zh"), "en": fault.json("en")}
        checks[check] = shown
    return {"ready": all(shown["ok"] for shown in checks.values()), "checks": checks}
