"""Faults of tracing."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, define

NO_EXTRA: Final = define(
    "BH-SEE-010",
    Config,
    zh="hub.yaml 要求追踪,但没有安装 {name}",
    en="hub.yaml asks for traces, and {name} is not installed",
    do_zh="安装: pip install 'billhub[trace]',或去掉 hub.yaml 的 traces",
    do_en="install it: pip install 'billhub[trace]', or take traces out of hub.yaml",
)
