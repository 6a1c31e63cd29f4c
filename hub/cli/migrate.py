"""billhub migrate: brings a database to this release's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.options import Json
from hub.cli.output import GOOD, end, faults_end, put, put_json

NAME: Final = "migrate"
HELP: Final = say(
    "把数据库升级到本版本的结构;集群可在线进行。例: billhub migrate --to hub.yaml",
    "Brings a database to this release's schema; a cluster works on meanwhile. Example: billhub migrate --to hub.yaml",
)


def command(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help=say("单机数据目录", "an embedded hub's data folder"))
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help=say("集群的 hub.yaml,以表的所有者身份", "a cluster's hub.yaml, with the tables' owner as its user"),
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("-c", "--config", metavar="PATH", hidden=True, help="taken by every verb")
    ] = None,
    as_json: Json = False,
) -> None:
    """Either a folder or a hub.yaml."""
    del config
    if (data is None) == (to is None):
        raise typer.BadParameter(say("--data 或 --to 二选一", "give either --data or --to"), param_hint="--data / --to")
    with faults_end():
        from hub.ledger.window import HEAD

        if to is not None:
            from hub.hubfile import load_hub
            from hub.ledger.migrate import migrate_postgres

            migrate_postgres(load_hub(to).dsn())
        else:
            assert data is not None
            _migrate_folder(data)
        done = {"database": str(to or data), "schema": HEAD}
        put_json(done) if as_json else put(f"{done['database']}  {done['schema']}")
        end(GOOD)


def _migrate_folder(data: Path) -> None:
    """A hub does it when it starts; nobody else may write meanwhile."""
    from hub.engine.embedded.home import Home
    from hub.ledger.lock import FolderLock
    from hub.ledger.migrate import migrate_sqlite
    from hub.ledger.sqlite_file import FILE, sqlite_faults

    home = Home(data).existing()
    lock = FolderLock(home.folder)
    try:
        with sqlite_faults():
            migrate_sqlite(home.folder / FILE)
    finally:
        lock.release()
