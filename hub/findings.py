"""A lint finding: file, line, column, level, code, what, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from hub.errors import Fault, Lang


class FindingJson(TypedDict):
    """The outer shape of a finding."""

    file: str
    line: int
    column: int
    level: str
    code: str
    what: str
    write: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in a file that is wrong; line and column count from 1."""

    file: str
    line: int
    column: int
    fault: Fault
    level: Literal["error", "warning"] = "error"

    def text(self, lang: Lang = "zh") -> str:
        """file:line:column: level code what → write."""
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.level} {self.fault.code.code} {self.fault.what(lang)} → {self.fault.do(lang)}"

    def json(self, lang: Lang = "zh") -> FindingJson:
        """The outer shape."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "level": self.level,
            "code": self.fault.code.code,
            "what": self.fault.what(lang),
            "write": self.fault.do(lang),
        }
