"""Where traces go, and how the hub logs in there: the same section in a hub.yaml and in an embedded hub's file."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from hub.bill.model import Text
from hub.sections.section import Section

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
OWN: Final = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "host", "transfer-encoding", "user-agent"}
)
"""Headers that the hub sets itself."""


class HeaderSection(Section):
    """A header with which the hub logs in at a collector."""

    file: Text
    """File with the value; it is read anew for each delivery, so a new one needs no restart.
    存放该值的文件,每次发送时重读,更换无需重启。"""
    scheme: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,30}$")] | None = None
    """Word before the value, as `Bearer`.
    值之前的词,如 `Bearer`。"""


class TracesSection(Section):
    """Where traces go; needs `billhub[trace]`."""

    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@/?#]+(/[^\s?#]*)?$")]
    """Address that takes OTLP over HTTP, as `http://127.0.0.1:4318/v1/traces`.
    接收 OTLP/HTTP 的地址,如 `http://127.0.0.1:4318/v1/traces`。"""
    one_in: int = Field(default=100, ge=1)
    """Of how many messages one is traced; the same on every machine.
    每多少条消息追踪一条,各机器相同。"""
    ca: Text | None = None
    """Certificates that may sign the endpoint's; the system's own where left out.
    可签发该地址证书的 CA 文件,缺省用系统的。"""
    headers: dict[HeaderName, HeaderSection] = Field(default_factory=dict)
    """Headers that log in, as `Authorization: {scheme: Bearer, file: secrets/otlp}`; by https or on this machine only.
    登录用的请求头,值放在文件里;只用于 https 或本机。"""

    @field_validator("headers")
    @classmethod
    def _not_our_own(cls, headers: dict[str, HeaderSection]) -> dict[str, HeaderSection]:
        names = [name.lower() for name in headers]
        if len(set(names)) < len(names) or OWN & set(names):
            raise ValueError("a header that the hub sets itself, or one that stands there twice")
        return headers

    @model_validator(mode="after")
    def _unseen(self) -> TracesSection:
        """A login goes through no network in the clear."""
        if self.headers and self.endpoint.startswith("http:") and not _here(urlsplit(self.endpoint).hostname or ""):
            raise ValueError("headers go by https, or to this machine")
        return self


def _here(host: str) -> bool:
    return host == "localhost" or (bool(re.fullmatch(r"[0-9a-fA-F:.]+", host)) and ip_address(host).is_loopback)
