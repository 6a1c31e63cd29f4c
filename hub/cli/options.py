"""Options that several verbs share, under the same names everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help=say("数据目录", "the hub's data folder"))]
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

__all__ = ["DEFAULT_DATA", "Config", "Data", "Json", "Reveal"]
