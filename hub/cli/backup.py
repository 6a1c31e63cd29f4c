"""billhub backup: a copy of one moment, proven, while the hub runs on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hub.cli.backing import STAGES, Place, place_of
from hub.cli.language import LANG, say
from hub.cli.opened import DEFAULT_DATA
from hub.cli.options import Config, Data, Json
from hub.cli.output import BAD, GOOD, complain, end, faults_end, put, put_json
from hub.cli.progress import Bar

if TYPE_CHECKING:
    from hub.ledger.backups.manifest import Manifest

NAME: Final = "backup"
HELP: Final = say(
    "备份数据(运行中也可),并验证备份;主密钥不在其中,须另行保管。例: billhub backup backups/monday --data data",
    "Backs the data up while the hub runs, and proves the copy; the master key is not in it, keep that apart. "
    "Example: billhub backup backups/monday --data data",
)


def command(
    to: Annotated[
        Path, typer.Argument(metavar="TO", help=say("新目录,备份写入其中", "a new folder, for this backup alone"))
    ],
    data: Data = DEFAULT_DATA,
    archive: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=say("票据存档,缺省按运行时的设置", "the archive; default: the running hub's")),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Exit 1 where the books of the copy do not balance."""
    del config  # taken by every verb that looks at a hub; this one reads the data only
    with faults_end():
        manifest = _backup(place_of(data), to, archive)
        shown = _shown(to, manifest)
        if as_json:
            put_json(shown)
        else:
            put(f"{to}  {manifest.engine}  {manifest.made_at}  {say('纪元', 'epoch')} {manifest.epoch}")
            for table in manifest.tables:
                put(f"  {table.name:<14} {table.rows:>10}  {table.sha256[:16]}")
            put(say("账目平衡", "the books balance") if manifest.balanced else say("账目不平衡", "NOT BALANCED"))
            put(say("主密钥不在备份里,请另行保管", "the master key is not in it: keep that apart"))
        end(GOOD if manifest.balanced else BAD)


def _backup(place: Place, to: Path, archive: Path | None) -> Manifest:
    import shutil
    from datetime import UTC, datetime
    from uuid import uuid4

    from hub.delivery.archive.reading import position
    from hub.delivery.archive.segment import PURPOSE as ARCHIVE
    from hub.engine.embedded.home import Home
    from hub.ledger.backups import manifest as manifests
    from hub.ledger.backups import postgres, sqlite
    from hub.ledger.backups.faults import TARGET_THERE

    if place.hub is None:
        Home(place.data).existing()
    vault, keys = place.keys()
    if to.exists():
        raise TARGET_THERE(path=to)
    store = place.archive(archive)
    base = manifests.Manifest(
        id=uuid4().hex,
        engine="",
        made_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        schema="",
        epoch=1,
        change=0,
        file="",
        bytes=0,
        sha256="",
        tables=[],
        keys=keys,
        balanced=False,
        archive=position(store, vault.secret(ARCHIVE)) if store is not None else None,
        offsets=_offsets(place),
    )
    part = to.with_name(f"{to.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    try:
        if place.hub is not None:
            made = postgres.make(place.hub.dsn(), part, base, Bar(STAGES))
        else:
            made = sqlite.make(place.data, part, base, Bar(STAGES))
            if place.trust.is_dir():
                shutil.copytree(place.trust, part / "trust")
        made = manifests.write(part, made, vault.secret(manifests.PURPOSE))
        part.rename(to)
        manifests.sync(to.absolute().parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return made


def _offsets(place: Place) -> dict[str, dict[str, int]] | None:
    """Read before the snapshot: what lies before them is in it. A Kafka that is away must keep nobody from a backup."""
    if place.hub is None:
        return None
    import asyncio

    from hub.engine.cluster.offsets import committed
    from hub.errors import Retry

    try:
        return asyncio.run(committed(place.hub))
    except Retry as fault:
        without = say(
            "备份不含消费位点,恢复时 Kafka 会重新送来它保留的全部消息",
            "the backup is made without offsets; a restore lets Kafka bring all that it has once more",
        )
        complain(f"{fault.code.code} {fault.what(LANG)} → {without}")
        return None


def _shown(to: Path, manifest: Manifest) -> dict[str, Any]:
    import msgspec

    shown: dict[str, Any] = {"backup": str(to), **msgspec.to_builtins(manifest)}
    del shown["mac"]
    return shown
