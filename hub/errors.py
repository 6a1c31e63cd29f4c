"""Every public error, grouped by what happens next.

    Fault
    ├── Reject    the sender is told, in its own protocol; the message is kept among the refused
    ├── Retry     nothing is wrong with the message; the same call may succeed later
    ├── Unknown   the other side may or may not have acted; it is asked about by our own id
    ├── Park      accepted, but a person has to look; only its own case waits
    └── Config    a file or a component is wrong; the hub does not start, or does not take the change

A fault is raised from a `FaultCode`, which carries the stable code and its texts in both languages. Codes never change
their meaning. Each room keeps its codes in a module called `faults`; `docs/errors.md` is generated from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypedDict

Lang = Literal["zh", "en"]


class FaultJson(TypedDict, total=False):
    """The error shape of the outer surface: code, what is wrong, where, what to do instead."""

    code: str
    what: str
    where: str
    do: str


class Fault(Exception):  # noqa: N818  (the domain's word; subclasses say what happens next)
    """An error with a stable code. No personal data: `where` names a place, values a masked excerpt."""

    def __init__(self, code: FaultCode, where: str = "", **values: object) -> None:
        self.code = code
        self.where = where
        self.values = values
        super().__init__(f"{code.code}: {self.what('en')}" + (f" ({where})" if where else ""))

    def what(self, lang: Lang = "zh") -> str:
        """What is wrong, one sentence."""
        return (self.code.zh if lang == "zh" else self.code.en).format_map(_Blank(self.values))

    def do(self, lang: Lang = "zh") -> str:
        """What to do, or to write, instead."""
        return (self.code.do_zh if lang == "zh" else self.code.do_en).format_map(_Blank(self.values))

    def json(self, lang: Lang = "zh") -> FaultJson:
        """The error as the outer surface shows it."""
        shown: FaultJson = {"code": self.code.code, "what": self.what(lang)}
        if self.where:
            shown["where"] = self.where
        shown["do"] = self.do(lang)
        return shown

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.code.code, self.where, self.values))


class Reject(Fault):
    """Tell the sender; keep the message among the refused."""


class Retry(Fault):
    """Nothing is wrong with the message; the same call may succeed later."""


class Unknown(Fault):
    """The other side may or may not have acted; ask by our own id."""


class Park(Fault):
    """Accepted but unusable as it is; waits for a person."""


class Config(Fault):
    """A file or a component is wrong; stop, and say which."""


@dataclass(frozen=True, slots=True)
class FaultCode:
    """A stable code with its texts. Calling it makes the fault: `raise NO_SUCH_UNIT(where=…, unit=…)`."""

    code: str
    kind: type[Fault]
    zh: str
    en: str
    do_zh: str
    do_en: str

    def __call__(self, where: str = "", **values: object) -> Fault:
        """The fault, ready to be raised."""
        return self.kind(self, where, **values)


class _Blank(dict[str, object]):
    """A missing value shows as its name, so that a text never fails to render."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


_CATALOGUE: dict[str, FaultCode] = {}
_LOADERS: list[Callable[[], None]] = []


def define(code: str, kind: type[Fault], *, zh: str, en: str, do_zh: str, do_en: str) -> FaultCode:
    """Registers a code. The same code twice, with other texts, is a programming error."""
    made = FaultCode(code, kind, zh, en, do_zh, do_en)
    if _CATALOGUE.setdefault(code, made) != made:
        raise ValueError(f"fault code {code} is defined twice")
    return made


def catalogue() -> Iterator[FaultCode]:
    """All codes defined so far, in order."""
    return iter(sorted(_CATALOGUE.values(), key=lambda code: code.code))


def fault_from(code: str, where: str = "", **values: object) -> Fault:
    """The fault a stored or transported code stands for; an unknown code (an older release's) becomes a `Park`."""
    known = _CATALOGUE.get(code) or _looked_up(code)
    if known is None:
        known = FaultCode(code, Park, code, code, "见文档", "see the documentation of the release that wrote it")
    return known(where, **values)


def on_unknown_code(load: Callable[[], None]) -> None:
    """Names a function that defines more codes; it is called when a code is met that this process does not know."""
    _LOADERS.append(load)


def _looked_up(code: str) -> FaultCode | None:
    for load in _LOADERS:
        load()
    return _CATALOGUE.get(code)


def describe(error: BaseException) -> str:
    """Type and place of an unexpected error, for a log: never its text, which may quote a message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def _rebuild(code: str, where: str, values: dict[str, object]) -> Fault:
    return fault_from(code, where, **values)
