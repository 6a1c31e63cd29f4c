"""Lints the steps of `via`: names, arguments, and that each step takes what the one before gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import yaml

from hub.mapping import times
from hub.mapping.lint_faults import ARGUMENT, ORDER, UNKNOWN_TABLE, UNKNOWN_TRANSFORM
from hub.mapping.lint_walk import Walk
from hub.mapping.transform import State, Transform
from hub.mapping.transforms import TRANSFORMS
from hub.yaml_text import Where

STATES: Final[dict[State, str]] = {
    "text": "text",
    "money": "fen",
    "instant": "time",
    "day": "day",
    "decimal": "number",
}
_WHOLE: Final = re.compile(r"-?[0-9]{1,4}")
_TEXT_STATES: Final = frozenset({"text", "day", "decimal"})


def lint_steps(walk: Walk, via: Any, where: Where) -> State | None:
    """What the value is after all steps; None where a finding makes that unknowable."""
    state: State | None = "text"
    for index, step in enumerate(via if isinstance(via, list) else []):
        transform = _lint_step(walk, step, (*where, index))
        if transform is None:
            state = None
        elif state is not None:
            if not (state == transform.takes or (transform.takes == "text" and state in _TEXT_STATES)):
                walk.add(
                    (*where, index), ORDER(name=transform.name, takes=STATES[transform.takes], found=STATES[state])
                )
                state = None
            else:
                state = transform.gives
        else:
            state = transform.gives
    return state


def _lint_step(walk: Walk, step: Any, where: Where) -> Transform | None:
    if isinstance(step, dict) and len(step) == 1:
        ((name, argument),) = step.items()
        here: Where = (*where, name)
    elif isinstance(step, str):
        name, argument, here = step, None, where
    else:
        walk.shape(where, "via", "list")
        return None
    transform = TRANSFORMS.get(name)
    if transform is None:
        walk.unknown(UNKNOWN_TRANSFORM, here, name, TRANSFORMS)
        return None
    reason = _argument_reason(walk, transform, argument, here)
    if reason:
        walk.add(here, ARGUMENT(name=name, reason=reason, example=_example(transform)))
        return None
    return transform


def _example(transform: Transform) -> str:
    if transform.argument == "none":
        return transform.name
    written = yaml.safe_dump({transform.name: transform.example.argument}, default_flow_style=True, allow_unicode=True)
    return written.strip()


def _argument_reason(walk: Walk, transform: Transform, argument: Any, where: Where) -> str:
    """Why the argument is wrong, or nothing."""
    if transform.argument == "none":
        return "takes none" if argument is not None else ""
    if argument is None:
        return "it needs one"
    if transform.argument == "when":
        walk.conditions(argument, where, transform.name)
        return ""
    if transform.name in {"table", "table_or_same"} and isinstance(argument, str):
        walk.used_tables.add(argument)
        if argument not in walk.tables:
            walk.unknown(UNKNOWN_TABLE, where, argument, walk.tables)
        return ""
    return _CHECKS[transform.argument](argument)


def _text(argument: Any) -> str:
    return "" if isinstance(argument, str) and argument != "" else "a text"


def _count(argument: Any) -> str:
    return "" if isinstance(argument, str) and argument.isascii() and argument.isdigit() and int(argument) else "≥ 1"


def _two(argument: Any) -> str:
    if isinstance(argument, list) and len(argument) == 2 and all(isinstance(one, str) for one in argument):
        return ""
    return "a list of two"


def _pair(argument: Any) -> str:
    return _two(argument) or ("" if argument[0] else "the first is empty")


def _split(argument: Any) -> str:
    if _pair(argument):
        return _pair(argument)
    return "" if _WHOLE.fullmatch(argument[1]) and int(argument[1]) else "n is from 1, or negative"


def _part(argument: Any) -> str:
    if _two(argument):
        return _two(argument)
    if not all(one.isascii() and one.isdigit() for one in argument):
        return "two numbers from 1"
    return "" if 1 <= int(argument[0]) <= int(argument[1]) else "1 ≤ start ≤ end"


def _texts(argument: Any) -> str:
    listed = [argument] if isinstance(argument, str) else argument
    return "" if isinstance(listed, list) and listed and all(isinstance(one, str) for one in listed) else "texts"


def _formats(argument: Any) -> str:
    if _texts(argument):
        return "a format, or a list of formats"
    for one in [argument] if isinstance(argument, str) else argument:
        try:
            times.parser(one)
        except ValueError as error:
            return f"{one}: {error}"
    return ""


def _short(argument: Any) -> str:
    if not isinstance(argument, str):
        return "a format"
    return "without %Y" if "%Y" in argument else _formats("%Y" + argument)


_OPEN: Final = re.compile(r"(?<!\\)(?:[*+]|\{[0-9]*,[0-9]*\})")
_NESTED: Final = re.compile(r"(?<!\\)\)(?:[*+]|\{)")
_BACK: Final = re.compile(r"\\[1-9]|\(\?P?[=<]|\(\?[!(]")


def _regex(argument: Any) -> str:
    """Refuses patterns whose time could grow beyond a small power of the text: no message may stall the hub."""
    if not isinstance(argument, str) or not 0 < len(argument) <= 200:
        return "a pattern of at most 200 characters"
    try:
        compiled = re.compile(argument)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)[:60]
    if compiled.groups < 1:
        return "it needs a group ( )"
    if _NESTED.search(argument) or _BACK.search(argument):
        return "no repeated group, look-around or back reference"
    if len(_OPEN.findall(argument)) > (3 if argument.startswith("^") else 2):
        return "too many open repetitions"
    return ""


_CHECKS: Final[dict[str, Callable[[Any], str]]] = {
    "text": _text,
    "count": _count,
    "split": _split,
    "part": _part,
    "pair": _pair,
    "texts": _texts,
    "formats": _formats,
    "short": _short,
    "regex": _regex,
}
