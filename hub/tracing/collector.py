"""Where traces go: the address, who may sign for it, how the hub logs in. Paths, never secrets, so it may travel."""

from __future__ import annotations

import importlib.util
import re
import ssl
from pathlib import Path
from typing import Final

import msgspec

from hub.security.secret_file import NO_SECRET, read_secret
from hub.tracing.faults import BAD_CA, NO_EXTRA

NEEDED: Final = ("opentelemetry.sdk", "opentelemetry.exporter")
_VALUE: Final = re.compile(r"[!-~]([ -~]*[!-~])?")


class Header(msgspec.Struct, frozen=True):
    """One header of a login."""

    name: str
    file: str
    """absolute path of the file with its value"""
    scheme: str = ""


class Collector(msgspec.Struct, frozen=True):
    """A program that takes OTLP over HTTP. Of `one_in` messages one is traced."""

    endpoint: str
    one_in: int = 1
    ca: str = ""
    """absolute path of the certificates that may sign the endpoint's; empty: the system's own"""
    login: list[Header] = []

    def headers(self) -> list[tuple[str, str]]:
        """The login as it is just now; never to be shown.

        Raises:
            Config: a file cannot be read, or a header cannot hold what is in it.
        """
        return [(one.name, f"{one.scheme} {_value(one)}".lstrip()) for one in self.login]

    def trust(self) -> ssl.SSLContext:
        """Checks the endpoint's certificate and name.

        Raises:
            Config: the file of certificates is missing, or is none.
        """
        try:
            return ssl.create_default_context(cafile=self.ca or None)
        except (OSError, ssl.SSLError) as error:
            raise BAD_CA(self.ca, found=type(error).__name__) from None


def needed() -> None:
    """Whether OpenTelemetry's SDK is there.

    Raises:
        Config: it is not.
    """
    for name in NEEDED:
        try:
            missing = importlib.util.find_spec(name) is None
        except ModuleNotFoundError:
            missing = True
        if missing:
            raise NO_EXTRA(name=name)


def check(collector: Collector | None) -> None:
    """Whether what traces need is there: the SDK, the login's files, certificates. The collector itself may be away.

    Raises:
        Config: it is not.
    """
    if collector is not None:
        needed()
        collector.headers()
        collector.trust()


def _value(header: Header) -> str:
    value = read_secret(Path(header.file))
    if _VALUE.fullmatch(value) is None:
        raise NO_SECRET(path=header.file, why="no header can hold it")
    return value
