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


def says(subject: Subject, rule: str) -> str:
    """What the manifest says of a rule: done, todo, `exempt: …`, or nothing."""
    return subject.spec.manifest.quality.get(rule, "")
