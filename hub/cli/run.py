"""billhub run: runs the hub."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA
from hub.cli.options import Data
from hub.cli.output import faults_end

NAME: Final = "run"
HELP: Final = say(
    "运行系统。例: billhub run -c units/ --data data",
    "Runs the hub. Example: billhub run -c units/ --data data",
)


def command(
    config: Annotated[
        Path,
        typer.Option(
            "-c", "--config", metavar="PATH", help=say("单位 YAML 或其目录", "a unit's YAML, or a folder of them")
        ),
    ],
    data: Data = DEFAULT_DATA,
    http: Annotated[
        str, typer.Option(metavar="HOST:PORT", help=say("HTTP 地址", "the HTTP address"))
    ] = "127.0.0.1:8080",
    ready: Annotated[
        Path | None, typer.Option(metavar="FILE", help=say("就绪后写入的文件", "a file written when doors are open"))
    ] = None,
    engine: Annotated[str, typer.Option(help="embedded")] = "embedded",
    doors: Annotated[
        int | None, typer.Option(min=0, max=64, help=say("收件进程数", "door processes (default: by cores)"))
    ] = None,
    issuers: Annotated[
        int | None, typer.Option(min=0, max=64, help=say("开票进程数", "issuer processes (default: by cores)"))
    ] = None,
) -> None:
    """Runs until SIGTERM, then drains."""
    from hub.processes.parent import Options, run

    if engine != "embedded":
        raise typer.BadParameter("embedded", param_hint="--engine")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # says in many lines that nothing changed
    with faults_end():
        if not config.exists():
            raise FileNotFoundError(2, "", str(config))
        run(Options(config, data, http, ready, doors, issuers))
