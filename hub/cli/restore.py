"""billhub restore: puts a backup back, opens a new epoch, reads back what is known outside; nothing is issued yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hub.cli.backing import STAGES, Place, place_of, read_back
from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor
from hub.cli.options import Data, Json, instant
from hub.cli.output import GOOD, end, faults_end, put, put_json
from hub.cli.progress import Bar

if TYPE_CHECKING:
    from hub.processes.restoring import Restoring

NAME: Final = "restore"
HELP: Final = say(
    "把备份恢复到空目录或空数据库,开新纪元,读回存档与财政平台的票据;放行前不开票。"
    "例: billhub restore backups/monday --data data -c units --archive /mnt/archive",
    "Restores a backup into an empty folder or database, opens a new epoch, and reads back what the archive and the "
    "fiscal platforms have; nothing is issued until it is released. "
    "Example: billhub restore backups/monday --data data -c units --archive /mnt/archive",
)


def command(
    source: Annotated[
        Path,
        typer.Argument(metavar="FROM", help=say("备份目录,或若干备份的上级目录", "a backup, or a folder of several")),
    ],
    config: Annotated[
        Path, typer.Option("-c", "--config", metavar="PATH", help=say("单位 YAML 或其目录", "the units' YAML"))
    ],
    data: Data = DEFAULT_DATA,
    to_time: Annotated[
        str,
        typer.Option(
            metavar="TIME", help=say("取不晚于此刻的最新备份", "the newest backup made no later than this, RFC 3339")
        ),
    ] = "",
    archive: Annotated[
        Path | None, typer.Option(metavar="DIR", help=say("票据存档目录", "the archive of signed bills"))
    ] = None,
    no_archive: Annotated[
        str, typer.Option(metavar="REASON", help=say("没有存档可读", "there is no archive to read"))
    ] = "",
    no_platform: Annotated[
        str, typer.Option(metavar="REASON", help=say("不能查询财政平台", "the platforms cannot be asked"))
    ] = "",
    no_kafka: Annotated[
        str, typer.Option(metavar="REASON", help=say("集群: Kafka 已丢失", "cluster: Kafka is lost"))
    ] = "",
    as_json: Json = False,
) -> None:
    """Cut off, or stopped by something that is away, it goes on when it is run again."""
    with faults_end():
        place = place_of(data)
        reasons = {"archive": no_archive, "platform": no_platform, "kafka": no_kafka}
        shown = _restore(place, source, to_time, config, archive, reasons)
        if as_json:
            put_json(shown)
        else:
            _print(shown)
        end(GOOD)


def _restore(
    place: Place, source: Path, to_time: str, config: Path, archive: Path | None, reasons: dict[str, str]
) -> dict[str, Any]:
    from datetime import UTC, datetime

    from hub.config import load_units
    from hub.engine.embedded.home import Home
    from hub.ledger.backups import manifest as manifests
    from hub.ledger.backups import postgres, sqlite
    from hub.ledger.epochs.desk import postgres_desk, sqlite_desk
    from hub.ledger.lock import FolderLock
    from hub.ledger.sqlite_file import FILE
    from hub.processes.restoring import Restoring

    if not config.exists():
        raise FileNotFoundError(2, "", str(config))
    units = load_units(config)
    store = place.archive(archive)
    if store is None and not reasons["archive"]:
        hint = say("或加 --no-archive 原因", "or add --no-archive REASON")
        raise typer.BadParameter(
            say("要写明票据存档, ", "name the archive of signed bills, ") + hint, param_hint="--archive"
        )
    folder = manifests.find(source, instant(to_time, "--to-time") if to_time else None)
    lock = None
    if place.hub is None:
        Home(place.data).make()
        lock = FolderLock(place.data)
    try:
        vault, keys = place.keys()
        manifest = manifests.read(folder, place.key_file, keys, vault.secret(manifests.PURPOSE))
        now, bar = datetime.now(UTC), Bar(STAGES)
        if place.hub is not None:
            fresh = postgres.restore(folder, manifest, place.hub.dsn(), now, actor(), bar)
            desk = postgres_desk(place.hub.dsn())
        else:
            fresh = sqlite.restore(folder, manifest, place.data, now, actor())
            desk = sqlite_desk(place.data / FILE)
        work = Restoring(desk, vault, units, actor(), bar)
        read_back(work, place, store, manifest.archive, reasons)
        if place.hub is not None:
            _kafka(work, place, manifest.offsets, reasons["kafka"])
        steps = work.steps()
        if "finished" not in steps:
            work.finished("finished", {"units": len(units)})
    finally:
        if lock is not None:
            lock.release()
    return {"backup": str(folder), "made_at": manifest.made_at, "fresh": fresh, "steps": steps}


def _kafka(work: Restoring, place: Place, offsets: dict[str, dict[str, int]] | None, reason: str) -> None:
    import asyncio

    from hub.engine.cluster.offsets import set_back

    if reason:
        work.skip("kafka", reason)
    elif "again" not in work.steps().get("kafka", {}):
        assert place.hub is not None
        work.finished("kafka", asyncio.run(set_back(place.hub, offsets)))


def _print(shown: dict[str, Any]) -> None:
    put(f"{shown['backup']}  {shown['made_at']}")
    for name, done in shown["steps"].items():
        told = "  ".join(f"{key} {value}" for key, value in done.items())
        put(f"  {name:<10} {told}")
    put(
        say(
            f"启动系统,请各来源重发 {shown['made_at']} 前十分钟以来的消息;核对后 billhub epoch resume 放行开票",
            f"now run the hub and have every source repeat what it sent since ten minutes before {shown['made_at']}; "
            "then release issuing: billhub epoch resume",
        )
    )
