"""Which language the command speaks: --lang, then BILLHUB_LANG, then the locale; and its help in both."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from hub.errors import Lang


def language(arguments: Sequence[str] | None = None) -> Lang:
    """The language of this run; looked up before the command line is parsed, because help is built from it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for index, argument in enumerate(given):
        value = ""
        if argument == "--lang" and index + 1 < len(given):
            value = given[index + 1]
        elif argument.startswith("--lang="):
            value = argument.partition("=")[2]
        if value in {"zh", "en"}:
            return "zh" if value == "zh" else "en"
    for name in ("BILLHUB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


LANG: Final[Lang] = language()


def say(zh: str, en: str) -> str:
    """The text in the language of this run."""
    return zh if LANG == "zh" else en
