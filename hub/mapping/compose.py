"""A source and its transforms as one closure, chosen when the mapping is compiled: this is the hot path of every field.

Transforms without context are pure, so what they make of an empty source is known before any message comes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.errors import Fault
from hub.mapping.paths import Here, Read, Root
from hub.mapping.plan import Get, RuleStep
from hub.mapping.transform import BadValueError, InContext, Step


def composed(how: str, reads: tuple[Read, ...], steps: tuple[RuleStep, ...]) -> Get:
    """One getter; white space alone counts as an empty source."""
    raw = _raw(how, reads)
    if any(step.in_context for step in steps):
        return _contextual(raw, tuple((step.run, step.in_context) for step in steps))
    while steps and steps[-1].name == "trim":  # the record trims every value
        steps = steps[:-1]
    runs: tuple[Any, ...] = tuple(str.strip if step.name == "trim" else step.run for step in steps)
    if not runs:
        return lambda root, here, at: raw(root, here)  # noqa: ARG005
    try:
        empty = _through(runs, "")
        fixed = _through(runs, raw({}, None)) if how == "const" else None
    except (BadValueError, Fault):
        return _several(raw, runs)
    if fixed is not None:
        return lambda root, here, at: fixed  # noqa: ARG005
    return _one(raw, runs[0], empty) if len(runs) == 1 else _guarded(raw, runs, empty)


def _raw(how: str, reads: tuple[Read, ...]) -> Read:
    """The source text before any transform."""
    if how in {"from", "const"}:
        return reads[0]
    if how == "first":

        def first(root: Root, here: Here) -> str:
            for read in reads:
                value = read(root, here)
                if value and not value.isspace():
                    return value
            return ""

        return first

    def joined(root: Root, here: Here) -> str:
        return "".join([read(root, here) for read in reads])

    return joined


def _through(runs: tuple[Any, ...], value: Any) -> Any:
    for run in runs:
        value = run(value)
    return value


def _one(raw: Read, run: Step, empty: Any) -> Get:
    def get(root: Root, here: Here, at: datetime) -> Any:  # noqa: ARG001
        value = raw(root, here)
        return run(value) if value and not value.isspace() else empty

    return get


def _guarded(raw: Read, runs: tuple[Any, ...], empty: Any) -> Get:
    def get(root: Root, here: Here, at: datetime) -> Any:  # noqa: ARG001
        value: Any = raw(root, here)
        if not value or value.isspace():
            return empty
        for run in runs:
            value = run(value)
        return value

    return get


def _several(raw: Read, runs: tuple[Any, ...]) -> Get:
    """Where an empty source is a fault of its own."""

    def get(root: Root, here: Here, at: datetime) -> Any:  # noqa: ARG001
        value = raw(root, here)
        return _through(runs, "" if value.isspace() else value)

    return get


def _contextual(raw: Read, runs: tuple[tuple[Step | InContext, bool], ...]) -> Get:
    def get(root: Root, here: Here, at: datetime) -> Any:
        value: Any = raw(root, here)
        if value.isspace():
            value = ""
        run: Any
        for run, in_context in runs:
            value = run(value, root, here, at) if in_context else run(value)
        return value

    return get
