"""billhub move: takes an embedded hub's data into a cluster's PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor
from hub.cli.options import Config, Data, Json
from hub.cli.output import BAD, GOOD, MISSING, complain, end, faults_end, put, put_json
from hub.cli.progress import Bar

if TYPE_CHECKING:
    from hub.engine.embedded.home import Home
    from hub.hubfile import HubConfig
    from hub.ledger.moving.mover import Report

NAME: Final = "move"
HELP: Final = say(
    "把单机数据迁入集群的 PostgreSQL,逐表核对;中断后再次运行即继续。例: billhub move --data data --to hub.yaml",
    "Moves an embedded hub's data into a cluster's PostgreSQL and compares every table; cut off, it goes on when run "
    "again. Example: billhub move --data data --to hub.yaml",
)
_STAGES: Final = {"copy": say("复制", "copying"), "compare": say("核对", "comparing")}


def command(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help=say("目标: hub.yaml", "the target: a hub.yaml")),
    ] = None,
    data: Data = DEFAULT_DATA,
    undo_mark: Annotated[
        bool,
        typer.Option(
            "--undo-mark",
            help=say("取消迁移标记,使单机可再次运行", "take the mark back, so that a hub may run on the folder again"),
        ),
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Exit 1 where the two sides differ or the books do not balance; the target stays closed where they differ."""
    from hub.engine.embedded.home import Home
    from hub.hubfile import load_hub

    del config  # taken by every verb that looks at a hub; this one reads the data only
    if to is None and not undo_mark:
        raise typer.BadParameter(say("要写明 hub.yaml", "name a hub.yaml"), param_hint="--to")
    with faults_end():
        home = Home(data).existing()
        hub = load_hub(to) if to is not None else None
        try:
            if undo_mark:
                _undo(home, hub, as_json=as_json)
            elif hub is not None:
                _move(home, hub, as_json=as_json)
        except KeyboardInterrupt:
            complain(say("已中断;再次运行即继续", "cut off; run it again and it goes on"))
            end(MISSING)


def _move(home: Home, hub: HubConfig, *, as_json: bool) -> NoReturn:
    import asyncio
    from datetime import UTC, datetime

    from hub.ledger.moving.mover import move

    _same_key(home, hub)
    now = datetime.now(UTC)
    report = asyncio.run(move(home.folder, hub.dsn(), now=now, actor=actor(), progress=Bar(_STAGES)))
    put_json(report.json()) if as_json else _print(report)
    end(GOOD if report.equal and report.books.get("balanced", True) else BAD)


def _undo(home: Home, hub: HubConfig | None, *, as_json: bool) -> NoReturn:
    import asyncio

    from hub.ledger.moving.undoing import undo

    asyncio.run(undo(home.folder, hub.dsn() if hub is not None else None, progress=Bar(_STAGES)))
    gone = say(f"{home.folder}: 标记已取消,可以再次运行", f"{home.folder}: the mark is gone; a hub may run here again")
    put_json({"data": str(home.folder), "undone": True}) if as_json else put(gone)
    end(GOOD)


def _same_key(home: Home, hub: HubConfig) -> None:
    """What is sealed stays sealed, so the cluster needs every key that sealed it, and the one searches began with."""
    from hub.ledger.moving.faults import OTHER_KEY
    from hub.security.vault import open_vault, read_master_keys

    open_vault(home.master_key, has_data=True)  # says what to do where it is missing
    path = hub.file(hub.keys.master)
    ours, theirs = read_master_keys(home.master_key), read_master_keys(path)
    if ours[0] != theirs[0] or not set(ours) <= set(theirs):
        raise OTHER_KEY(str(path))


def _print(report: Report) -> None:
    if report.already:
        put(say(f"早已迁入 {report.to}", f"moved to {report.to} before"))
    for table in report.tables:
        put(f"{'✓' if table.equal else '✗'} {table.name:<12} {table.rows:>10}  {table.hash[:16]}")
    if report.books:
        same = report.books == report.books_there
        put(f"{'✓' if same else '✗'} {say('账目前后一致', 'the books before and after are equal')}")
    if report.equal:
        put(
            say(
                f"已迁入 {report.to};用 billhub run --engine cluster 运行。本目录不再开票,数据保留",
                f"moved to {report.to}; run it with billhub run --engine cluster; the folder is kept, and closed",
            )
        )
    else:
        put(
            say(
                "两边不一致,目标库保持关闭;清空它(或换一个空库)后再次运行",
                "the two sides differ and the target stays closed; empty it, or give another, and run this again",
            )
        )
