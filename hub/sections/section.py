"""What every section is, and what both files have: names, addresses, the quota."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""A name that may stand in a path: lower-case letters, digits, dot, dash, underscore."""
HostPort = Annotated[str, StringConstraints(pattern=r"^(\[[0-9A-Fa-f:]+\]|[^:\s\[\]]+):\d{1,5}$")]
"""HOST:PORT; an IPv6 address stands in brackets."""


class Section(BaseModel):
    """Part of a unit's YAML or of a hub.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class QuotaSection(Section):
    """What a unit's senders may send through one door process; beyond, they are told to come again.

    The defaults let through what no unit was seen to send; only a flood meets them.
    """

    per_second: int = Field(default=200, ge=1, le=100_000)
    """Messages a second, over time.
    平均每秒消息数。"""
    burst: int = Field(default=4000, ge=1, le=1_000_000)
    """Messages at once, after a quiet time.
    空闲后可一次突发的消息数。"""
    in_flight: int = Field(default=512, ge=1, le=4096)
    """Deliveries that wait for their answer at the same time.
    同时等待应答的投递数。"""
