"""PostgreSQL: pg_dump of an exported snapshot, hashed through the same snapshot; and back into an empty database.

Logical, because it is consistent whatever runs meanwhile, restores into a server of any newer version, and proves
itself table by table. A base backup with WAL, which the database's own tools make, is the other way: see
docs/backup.md, and `billhub epoch open` for what to do after one was restored.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from hub.ledger import schema
from hub.ledger.backups.faults import BROKEN, NEWER, NO_TOOL, NOT_EMPTY, OTHER_ENGINE, TOOL_FAILED
from hub.ledger.backups.manifest import Counted, Manifest, checked, hashed, sync
from hub.ledger.backups.sqlite import Progress, source_of
from hub.ledger.books import books
from hub.ledger.epochs.desk import postgres_desk
from hub.ledger.epochs.opening import history, open_epoch
from hub.ledger.migrate import migrate_postgres, revision_of_postgres
from hub.ledger.moving.tables import ONLY_THERE, TABLES, Hash
from hub.ledger.postgres import sync as blocking
from hub.ledger.postgres.faults import postgres_faults
from hub.ledger.postgres.limited import ended, limited
from hub.ledger.window import HEAD

ENGINE: Final = "postgresql"
FILE: Final = "ledger.dump"
GUARD: Final = "restoring"
"""A table that is there while a restore is not finished: no process of a cluster starts on such a database."""
_ROWS_AT_ONCE: Final = 2000
_AT: Final = """
SELECT COALESCE((SELECT max(number) FROM epoch), 1), COALESCE((SELECT max(change) FROM bill), 0)"""


def make(dsn: str, to: Path, base: Manifest, progress: Progress) -> Manifest:
    """Dumps a ledger into `to`; returns the manifest, not written yet.

    Raises:
        Retry, Config: the database is away, or a tool is missing or fails.
    """
    from sqlalchemy.pool import NullPool

    file = to / FILE
    options = "-c default_transaction_isolation=repeatable\\ read -c statement_timeout=0 -c timezone=UTC"
    with postgres_faults(), closing(blocking.connect(dsn, options=options)) as look:
        found = revision_of_postgres(look)
        if found > HEAD:
            raise NEWER(found=found, known=HEAD)
        (snapshot,) = look.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        progress("copy", 0, 1)
        words = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}")
        _run("pg_dump", dsn, *words)
        progress("copy", 1, 1)
        tables = _counted(look, progress)
        epoch, change = look.execute(_AT).fetchone() or (1, 0)
        engine = blocking.engine(dsn, pool=NullPool, options=options)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            balanced = bool(books(connection)["balanced"])
        engine.dispose()
    sync(file)
    values = {"epoch": epoch, "change": change, "tables": tables, "schema": found, "balanced": balanced}
    values |= {"engine": ENGINE, "file": FILE, "bytes": file.stat().st_size, "sha256": hashed(file)}
    return Manifest(**{**{name: getattr(base, name) for name in base.__struct_fields__}, **values})


def _counted(look: Any, progress: Progress) -> list[Counted]:
    questions = [(table.name, table.in_order) for table in TABLES]
    for name in ONLY_THERE:
        key = ", ".join(f'"{column.name}"' for column in schema.METADATA.tables[name].primary_key)
        questions.append((name, f'SELECT * FROM "{name}" ORDER BY {key}'))  # noqa: S608
    made = []
    for n, (name, question) in enumerate(questions):
        progress("compare", n, len(questions))
        hash_ = Hash()
        with look.cursor(name="rows") as rows:
            rows.itersize = _ROWS_AT_ONCE
            for row in rows.execute(question):
                hash_.add(row)
        made.append(Counted(str(name), hash_.rows, hash_.hex))
    progress("compare", len(questions), len(questions))
    return made


def restore(source: Path, manifest: Manifest, dsn: str, now: datetime, actor: str, progress: Progress) -> bool:
    """Puts a backup back; False where that was done before.

    A guard table goes in first and leaves with the opening of the new epoch, so that nobody issues in between.

    Raises:
        Config: the database holds other data, a tool fails, or what came back is not what the manifest says.
        Unknown: a step waits for a lost standby; it may be committed. Done again, it goes on from there.
    """
    if manifest.engine != ENGINE:
        raise OTHER_ENGINE(str(source), found=manifest.engine, wanted=ENGINE)
    where = urlsplit(dsn).netloc.rpartition("@")[2] + urlsplit(dsn).path
    with postgres_faults(), blocking.connect(dsn, autocommit=True) as line:
        guarded = _there(line, GUARD)
        if _there(line, "message"):
            if not guarded and _is_ours(line, dsn, manifest):
                return False
            if not guarded:
                raise NOT_EMPTY(place=where, found="message")
        checked(source / FILE, manifest)
        if not guarded:
            with limited(dsn, line):
                line.execute(f"CREATE TABLE {GUARD} (id text)")
                line.execute(f"INSERT INTO {GUARD} VALUES (%s)", (manifest.id,))  # noqa: S608
        if not _there(line, "message"):
            words = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
            _run("pg_restore", dsn, *words, "-d", unquote(urlsplit(dsn).path[1:]), str(source / FILE))
        with blocking.connect(dsn, options="-c default_transaction_isolation=repeatable\\ read") as look:
            if _counted(look, progress) != manifest.tables:
                raise BROKEN(where, what=FILE)
        migrate_postgres(dsn)
        with postgres_desk(dsn).open() as connection:
            open_epoch(connection, source_of(manifest), now, actor, restore=True)
            connection.exec_driver_sql(f"DROP TABLE {GUARD}")
    return True


def _there(line: Any, name: str) -> bool:
    row = line.execute("SELECT to_regclass(%s) IS NOT NULL", (name,)).fetchone()
    return bool(row and row[0])


def _is_ours(line: Any, dsn: str, manifest: Manifest) -> bool:
    if not _there(line, "epoch"):
        return False
    with postgres_desk(dsn).open() as look:
        epochs = history(look)
    return bool(epochs) and epochs[0]["state"] == "held" and epochs[0]["source"] == source_of(manifest)


def _run(tool: str, dsn: str, *words: str) -> None:
    """Runs a tool of PostgreSQL's; where to and the password go by the environment, which nobody else can list."""
    path = _tool(tool)
    with (
        subprocess.Popen(
            [path, *words], env={**os.environ, **environment(dsn)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process,
        ended(dsn, process.kill),
    ):
        _, said = process.communicate()
        if process.returncode:
            told = said.decode("utf-8", "replace").strip().splitlines()
            raise TOOL_FAILED(tool=tool, found=told[0] if told else str(process.returncode))


def _tool(name: str) -> str:
    """The newest one installed: it reads every older server."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parent.parent.name))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise NO_TOOL(tool=name)
    return path


def environment(dsn: str) -> Mapping[str, str]:
    """An address as libpq's variables."""
    parts = urlsplit(dsn)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    pairs = [one.rpartition(":") for one in hosts.split(",")]
    made = {"PGUSER": unquote(user), "PGDATABASE": unquote(parts.path[1:])}
    made["PGHOST"] = ",".join(host.strip("[]") for host, _, _ in pairs)
    made["PGPORT"] = ",".join(port for _, _, port in pairs)
    if password:
        made["PGPASSWORD"] = unquote(password)
    names = {"target_session_attrs": "PGTARGETSESSIONATTRS", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    names |= {"sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "passfile": "PGPASSFILE"}
    return made | {names[name]: value for name, value in parse_qsl(parts.query) if name in names}
