"""Certificates and keys that a file of settings names, for connections to servers."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hub.errors import Config, define

BAD_TLS: Final = define(
    "BH-CLU-017",
    Config,
    zh="TLS 文件不能用:{why}",
    en="the TLS files cannot be used: {why}",
    do_zh="检查 hub.yaml 的 tls 各项",
    do_en="check the entries under tls in hub.yaml",
)


def tls_context(named: Mapping[str, Path], where: str) -> ssl.SSLContext:
    """Checks a server's certificate and name by `ca`; shows `certificate` with its `key` where there is one.

    Raises:
        Config: a file that is missing or is no certificate or key.
    """
    try:
        for path in named.values():
            path.open("rb").close()  # of a missing file, TLS does not say which
        context = ssl.create_default_context(cafile=named.get("ca"))
        if "certificate" in named:
            context.load_cert_chain(named["certificate"], named.get("key"))
    except (OSError, ssl.SSLError) as error:
        raise BAD_TLS(where, why=str(error)) from None
    return context


def system_authorities(where: str) -> str:
    """The file of those that this machine trusts.

    Raises:
        Config: it has none.
    """
    found = ssl.get_default_verify_paths().cafile
    if found is None:
        raise BAD_TLS(where, why="this machine has no file of authorities; name one as ca")
    return found
