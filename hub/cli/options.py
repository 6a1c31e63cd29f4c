"""Options that several verbs share, under the same names everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA

Data = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        help=say("数据目录,或集群的 hub.yaml", "the hub's data folder, or a cluster's hub.yaml"),
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "-c", "--config", metavar="PATH", help=say("单位 YAML 或其目录", "a unit's YAML, or a folder of them")
    ),
]
Json = Annotated[bool, typer.Option("--json", help=say("输出 JSON", "print JSON"))]
Reveal = Annotated[
    str,
    typer.Option(
        "--reveal",
        metavar="REASON",
        help=say("显示完整个人信息,并记录原因", "show persons in full; the reason goes to the audit log"),
    ),
]

InRegion = Annotated[
    str,
    typer.Option(
        "--region",
        metavar="CODE",
        help=say("只看一个区划及其下级,如 4101", "of one region and what is below it, as 4101"),
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help=say("适配器设置;NAME=@文件 取文件内容", "a setting; NAME=@FILE for a file")
    ),
]
At = Annotated[str, typer.Option("--at", metavar="TIME", help=say("设定时钟,RFC 3339", "sets the clock, RFC 3339"))]


def instant(text: str, option: str = "--at") -> datetime:
    """The time an option names, or now. A time without offset is local.

    Raises:
        typer.BadParameter: not RFC 3339.
    """
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("2026-11-25T08:00:00+08:00", param_hint=option) from None
    return at if at.tzinfo else at.astimezone()


__all__ = ["DEFAULT_DATA", "At", "Config", "Data", "InRegion", "Json", "Reveal", "Set", "instant"]
