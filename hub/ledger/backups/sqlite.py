"""SQLite: one snapshot through the online backup, while the hub writes on; and back into an empty folder."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from hub.errors import Config
from hub.ledger.backups.faults import BROKEN, NEWER, NOT_EMPTY, OTHER_ENGINE
from hub.ledger.backups.manifest import Counted, Manifest, checked_copy, hashed, sync
from hub.ledger.books import books
from hub.ledger.epochs.desk import sqlite_desk
from hub.ledger.epochs.opening import history, open_epoch
from hub.ledger.looking import sqlite_window
from hub.ledger.migrate import migrate_sqlite, revision_of
from hub.ledger.moving.tables import TABLES, Hash
from hub.ledger.sqlite_file import FILE, connect, sqlite_faults
from hub.ledger.window import HEAD

Progress = Callable[[str, int, int], None]
ENGINE: Final = "sqlite"
_PAGES: Final = 2000
_AT: Final = """
SELECT COALESCE((SELECT MAX(number) FROM epoch), 1), COALESCE((SELECT MAX(change) FROM bill), 0)"""


def make(folder: Path, to: Path, base: Manifest, progress: Progress) -> Manifest:
    """Copies a folder's ledger into `to`, and proves the copy; returns the manifest, not written yet.

    One read transaction holds the snapshot, so a writer neither waits nor makes the copy begin anew.

    Raises:
        Retry, Config: the database cannot be read; the schema is not this release's.
    """
    file = to / FILE
    with sqlite_faults(), closing(connect(folder / FILE, read_only=True)) as source:
        source.execute("BEGIN")
        found = revision_of(source)
        if found > HEAD:
            raise NEWER(str(folder), found=found, known=HEAD)
        with closing(sqlite3.connect(file)) as target:
            source.backup(target, pages=_PAGES, progress=lambda _s, left, all_: progress("copy", all_ - left, all_))
            target.execute("PRAGMA journal_mode = DELETE")
        source.execute("COMMIT")
    sync(file)
    return prove(to, base, progress)


def prove(to: Path, base: Manifest, progress: Progress) -> Manifest:
    """Reads the copy from end to end: its pages, its tables, its books.

    Raises:
        Config: it is damaged.
    """
    file = to / FILE
    with sqlite_faults(), closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as look:
        if look.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BROKEN(str(file), what=FILE)
        epoch, change = look.execute(_AT).fetchone()
        tables = counted(look, progress)
        schema = revision_of(look)
    window = sqlite_window(to, shared=False)
    with closing(window), window.look() as connection:
        balanced = bool(books(connection)["balanced"])
    for name in (f"{FILE}-wal", f"{FILE}-shm"):
        (to / name).unlink(missing_ok=True)
    values = {"epoch": epoch, "change": change, "tables": tables, "schema": schema, "balanced": balanced}
    values |= {"engine": ENGINE, "file": FILE, "bytes": file.stat().st_size, "sha256": hashed(file)}
    return Manifest(**{**{name: getattr(base, name) for name in base.__struct_fields__}, **values})


def counted(look: sqlite3.Connection, progress: Progress) -> list[Counted]:
    """Every table, counted and hashed."""
    made = []
    for n, table in enumerate(TABLES):
        progress("compare", n, len(TABLES))
        hash_ = Hash()
        for page in table.pages(look, None):
            for row in page:
                hash_.add(row)
        made.append(Counted(str(table.name), hash_.rows, hash_.hex))
    progress("compare", len(TABLES), len(TABLES))
    return made


def restore(source: Path, manifest: Manifest, folder: Path, now: datetime, actor: str) -> bool:
    """Puts a backup back. The file gets its name only when its new epoch is open; False where that was done before.

    Raises:
        Config: the folder holds other data, or the backup is not what its manifest says.
    """
    if manifest.engine != ENGINE:
        raise OTHER_ENGINE(str(source), found=manifest.engine, wanted=ENGINE)
    if (folder / FILE).exists():
        if not _is_ours(folder, manifest):
            raise NOT_EMPTY(place=folder, found=FILE)
        return False
    part = folder / f"{FILE}.restoring"
    for name in (part, *(part.with_name(part.name + end) for end in ("-wal", "-shm", "-journal"))):
        name.unlink(missing_ok=True)
    checked_copy(source / FILE, part, manifest)
    with sqlite_faults():
        migrate_sqlite(part)
        with sqlite_desk(part).open() as connection:
            open_epoch(connection, source_of(manifest), now, actor, restore=True)
        with closing(connect(part)) as last:
            last.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            last.execute("PRAGMA journal_mode = DELETE")
    sync(part)
    if (source / "trust").is_dir():
        shutil.copytree(source / "trust", folder / "trust", dirs_exist_ok=True)
    part.replace(folder / FILE)
    sync(folder)
    return True


def _is_ours(folder: Path, manifest: Manifest) -> bool:
    """Whether an earlier call put this same backup here, and its epoch was not released yet."""
    window = sqlite_window(folder, shared=False)
    with contextlib.suppress(Config), closing(window), window.look() as look:
        epochs = history(look)
        return bool(epochs) and epochs[0]["state"] == "held" and epochs[0]["source"] == source_of(manifest)
    return False


def source_of(manifest: Manifest) -> str:
    """What an epoch says of where it came from."""
    return f"backup {manifest.id} of {manifest.made_at}"
