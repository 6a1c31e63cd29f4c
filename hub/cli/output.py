"""How verbs print and end: results on stdout, everything else on stderr, and four exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import orjson

from hub.cli.faults import REFUSED
from hub.cli.language import LANG
from hub.errors import Config, Fault, Retry, Unknown

GOOD: Final = 0
BAD: Final = 1
USAGE: Final = 2
MISSING: Final = 3


def put(text: str) -> None:
    """A line of the result. A reader that went away (`| head`) ends the command quietly."""
    try:
        sys.stdout.write(text + "\n")
    except BrokenPipeError:
        _cut_off()


def _cut_off() -> NoReturn:
    """Nobody reads on; what is still buffered goes nowhere, so that the interpreter's own flush does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(GOOD)


def put_json(value: Any) -> None:
    """One JSON document on one line."""
    put(as_text(value))


def as_text(value: Any) -> str:
    """A value as JSON."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def complain(text: str) -> None:
    """A line for the person, not for the pipe."""
    sys.stderr.write(text + "\n")


def end(code: int) -> NoReturn:
    """Ends the verb."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _cut_off()
    raise SystemExit(code)


def explain_fault(fault: Fault) -> str:
    """A fault for a person: code, what, where, what to do."""
    where = f" ({fault.where})" if fault.where else ""
    return f"{fault.code.code} {fault.what(LANG)}{where} → {fault.do(LANG)}"


@contextmanager
def faults_end() -> Iterator[None]:
    """Faults that reach the top end the verb with the code that fits, and one line that says what to do."""
    try:
        yield
    except FileNotFoundError as error:
        complain(f"billhub: {error.filename}: {'没有这个文件' if LANG == 'zh' else 'no such file'}")
        end(USAGE)
    except OSError as error:
        refused = REFUSED(str(error.filename or ""), reason=error.strerror or type(error).__name__)
        complain(f"billhub: {explain_fault(refused)}")
        end(MISSING)
    except (Config, Retry, Unknown) as fault:
        complain(f"billhub: {explain_fault(fault)}")
        end(MISSING)
    except Fault as fault:
        complain(f"billhub: {explain_fault(fault)}")
        end(BAD)
