"""What a check is: a function from an adapter to what is wrong with it, one line each; nothing wrong means it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tests.conformance.subject import Subject

Check = Callable[[Subject], Iterator[str]]

CHECKS: Final[dict[str, Check]] = {}
"""By name; the modules `checks_*` fill it."""


def check(function: Check) -> Check:
    """Adds a check under the function's name."""
    CHECKS[function.__name__] = function
    return function


def found(name: str, subject: Subject) -> list[str]:
    """What a check finds, each line once; an adapter that raises where the check did not expect it fails too."""
    lines: list[str] = []
    try:
        lines.extend(CHECKS[name](subject))
    except Exception as error:  # noqa: BLE001  (an adapter under test may raise anything)
        lines.append(f"{type(error).__name__}: {str(error)[:200]}")
    return list(dict.fromkeys(lines))


def says(subject: Subject, rule: str) -> str:
    """What the manifest says of a rule: done, todo, `exempt: …`, or nothing."""
    return subject.spec.manifest.quality.get(rule, "")
