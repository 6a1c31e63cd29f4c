"""Which language the command speaks: --lang, then BILLHUB_LANG, then the locale; and its help in both."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from hub.errors import Lang


def lang_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--lang` in front, where it is a global option; it may be typed before or after the verb."""
    front: list[str] = []
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--":
            return [*front, *rest, "--", *given]
        if argument == "--lang":
            front = [argument, *([value] if (value := next(given, None)) is not None else [])]
        elif argument.startswith("--lang="):
            front = [argument]
        else:
            rest.append(argument)
    return [*front, *rest]


def verb_named(arguments: Sequence[str], usual: Mapping[str, str]) -> list[str]:
    """The arguments with a group's usual verb where none is named: `billhub parked --json` is `parked list --json`."""
    given = list(arguments)
    for index, argument in enumerate(given):
        if argument in usual:
            after = given[index + 1 : index + 2]
            if not after or (after[0].startswith("-") and after[0] != "--help"):
                given.insert(index + 1, usual[argument])
            break
        if not argument.startswith("--lang") and argument not in {"zh", "en"}:
            break
    return given


def language(arguments: Sequence[str] | None = None) -> Lang:
    """The language of this run; looked up before the command line is parsed, because help is built from it."""
    first = lang_first(sys.argv[1:] if arguments is None else arguments)[:2]
    asked = first[0].partition("=")[2] if first and first[0].startswith("--lang=") else ""
    if first and first[0] == "--lang":
        asked = first[-1]
    if asked in {"zh", "en"}:
        return "zh" if asked == "zh" else "en"
    for name in ("BILLHUB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


LANG: Final[Lang] = language()


def say(zh: str, en: str) -> str:
    """The text in the language of this run."""
    return zh if LANG == "zh" else en
