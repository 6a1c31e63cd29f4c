"""billhub run: runs the hub."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
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


class Engine(StrEnum):
    """Who calls the ledger."""

    embedded = "embedded"
    cluster = "cluster"


class Role(StrEnum):
    """What a machine of a cluster does."""

    door = "door"
    worker = "worker"
    issuer = "issuer"
    relay = "relay"
    console = "console"
    all = "all"


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
    engine: Annotated[
        Engine, typer.Option(help=say("单机或集群", "one machine by itself, or Kafka and PostgreSQL"))
    ] = Engine.embedded,
    role: Annotated[
        list[Role] | None, typer.Option(help=say("集群: 本机运行的角色", "cluster: what runs on this machine"))
    ] = None,
    hub: Annotated[
        Path, typer.Option(metavar="FILE", help=say("集群: hub.yaml", "cluster: where Kafka and PostgreSQL are"))
    ] = Path("hub.yaml"),
    archive: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=say("单机: 票据存档目录(另一台机器)", "embedded: where signed bills are copied to, off this machine"),
        ),
    ] = None,
    archive_first: Annotated[
        bool, typer.Option(help=say("存档后才送财政平台加签", "the platform countersigns only what is archived"))
    ] = False,
    doors: Annotated[
        int | None, typer.Option(min=0, max=64, help=say("收件进程数", "door processes (default: by cores)"))
    ] = None,
    issuers: Annotated[
        int | None, typer.Option(min=0, max=64, help=say("开票进程数", "issuer processes (default: by cores)"))
    ] = None,
    keep_days: Annotated[
        int,
        typer.Option(
            min=30,
            max=3650,
            help=say("单机: 与票据无关的原文保留天数", "one machine: days that bytes behind no bill are kept"),
        ),
    ] = 90,
    traces: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help=say("单机: 追踪送往何处(YAML)", "embedded: where traces go, a YAML with that section")
        ),
    ] = None,
) -> None:
    """Runs until SIGTERM, then drains."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # says in many lines that nothing changed
    with faults_end():
        if not config.exists():
            raise FileNotFoundError(2, "", str(config))
        if engine is Engine.cluster:
            _run_cluster(config, hub, data, tuple(role or (Role.all,)), http, ready)
        else:
            from hub.hubfile import load_traces
            from hub.processes.archiving import Archive
            from hub.processes.parent import Options, run

            kept = Archive(str(archive.absolute()), archive_first) if archive is not None else None
            collector = load_traces(traces).collector if traces is not None else None
            run(Options(config, data, http, ready, doors, issuers, kept, keep_days, collector))


def _run_cluster(config: Path, hub: Path, data: Path, roles: tuple[Role, ...], http: str, ready: Path | None) -> None:
    from hub.processes.cluster.parent import ROLES, ClusterOptions, run

    named = ROLES if Role.all in roles else tuple(dict.fromkeys(one.value for one in roles))
    run(ClusterOptions(config, hub, data, named, http, ready))
