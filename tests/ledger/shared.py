"""The same book on PostgreSQL: a real server for the session, a database of its own for each ledger."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import msgspec
import psycopg

from hub.ledger.migrate import migrate_postgres
from hub.ledger.postgres import open_ledger, open_reader
from hub.ledger.postgres.ledger import PostgresLedger
from hub.ledger.reader import Reader
from hub.ledger.records import Batch, FaultRecord, Result, Submission
from hub.local.postgres import LocalPostgres
from tests.ledger.book import START, VAULT, Book

TEMPLATE: Final = "billhub_template"
_lives: Final = count(1)
_EMPTY: Final = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND c.relname <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(c.oid, 1, false) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S';
END $$"""
Answer = TypeVar("Answer")


class Server:
    """A PostgreSQL of the tests, with a migrated database to copy."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="billhub-tests-"))
        # what a kill of the server leaves lies in the kernel's cache; the disk itself is not what these tests are about
        self.local = LocalPostgres(folder, settings={"fsync": "off", "max_connections": "60"}).start()
        self._folder = folder
        self._made = count(1)
        self._clean: list[str] = []
        self.sql(f"CREATE DATABASE {TEMPLATE}")
        migrate_postgres(self.local.dsn(TEMPLATE))

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.local.dsn(database), autocommit=True) as connection:
            done = connection.execute(statement)  # type: ignore[arg-type]
            return done.fetchall() if done.description else []

    def database(self, *, fresh: bool = False) -> str:
        """A migrated database without a row in it, never used before if `fresh`; returns its URL."""
        if self._clean and not fresh:
            return self._clean.pop()
        name = f"book_{next(self._made)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.local.dsn(name)

    def awkward(self) -> str:
        """A database, for one test, whose joins read one side again for each row of the other."""
        dsn = self.database(fresh=True)
        for way in ("hashjoin", "mergejoin", "hashagg", "indexscan", "bitmapscan", "material"):
            self.sql(f"ALTER DATABASE {dsn.rpartition('/')[2]} SET enable_{way} = off")
        self.sql("VACUUM ANALYZE", dsn.rpartition("/")[2])  # as it looks to a planner: not a row anywhere
        return dsn

    def give_back(self, dsn: str) -> None:
        """Empties a database for the next: copying one costs a second where much else runs."""
        name = dsn.rpartition("/")[2]
        self.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        self.sql(_EMPTY, name)
        self._clean.append(dsn)

    def drop(self, dsn: str) -> None:
        self.sql(f"DROP DATABASE {dsn.rpartition('/')[2]} WITH (FORCE)")

    def remove(self) -> None:
        self.local.remove()
        shutil.rmtree(self._folder, ignore_errors=True)


class Waiting:
    """A shared ledger whose calls are waited for, under the names that the embedded one has."""

    def __init__(self, shared: PostgresLedger, runner: asyncio.Runner, dsn: str) -> None:
        self.shared = shared
        self._runner = runner
        self._dsn = dsn

    def run(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(call)

    def apply(self, batch: Batch, now: datetime, want: int) -> Result:
        return self.run(self.shared.apply(batch, now, want))

    def hand_back(self, bill_ids: Sequence[str]) -> None:
        self.run(self.shared.hand_back(bill_ids))

    def keep_out(self, bill_ids: Sequence[str]) -> None:
        """Leases do."""

    def is_due(self, bill_id: str) -> bool:
        return bool(self.run(self.shared.are_due([bill_id])))

    def due(self) -> int:
        return self.run(self.shared.due())

    def alarms(self) -> dict[str, FaultRecord]:
        return self.run(self.shared.alarms())

    def receive_numbers(self, *args: Any, **more: Any) -> None:
        self.run(self.shared.receive_numbers(*args, **more))

    def allot_numbers(self, *args: Any) -> Any:
        return self.run(self.shared.allot_numbers(*args))

    def pause(self, *args: Any, **more: Any) -> None:
        self.run(self.shared.pause(*args, **more))

    def resume(self, *args: Any) -> None:
        self.run(self.shared.resume(*args))

    def pauses(self) -> dict[str, bool]:
        return self.run(self.shared.pauses())

    def release(self, bill_ids: Sequence[str], now: datetime, actor: str) -> int:
        return self.run(self.shared.release(bill_ids, now, actor))

    def audit(self, actor: str, action: str, subject: str, reason: str, now: datetime) -> None:
        self.run(self.shared.audit(actor, action, subject, reason, now))

    def outbox(self, kind: str, limit: int, now: datetime) -> list[dict[str, Any]]:
        """As the one relay of an embedded hub asks: what it did not answer for is there again."""
        with psycopg.connect(self._dsn, autocommit=True) as other:
            other.execute("UPDATE outbox SET lease_owner = NULL, lease_until = NULL")
        return self.run(self.shared.outbox(kind, limit, now))

    def outbox_done(self, ids: Sequence[int]) -> None:
        self.run(self.shared.outbox_done(ids))

    def outbox_later(self, id_: int, due_at: datetime, fault: FaultRecord | None) -> None:
        self.run(self.shared.outbox_later([(id_, due_at, fault)]))

    def tidy(self) -> bool:
        return self.run(self.shared.tidy(datetime.fromisoformat("2026-03-01T08:00:00+00:00")))

    def rehearse(self, *args: Any) -> Any:
        return self.run(self.shared.rehearse(*args))

    def close(self) -> None:
        self.run(self.shared.close())


@dataclass
class PostgresBook(Book):
    """On a database of its own."""

    server: Server = field(kw_only=True)
    dsn: str = ""
    block: int = 1
    lease: timedelta = timedelta(seconds=30)
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    moments: count[int] = field(default_factory=lambda: count(1))
    ledger: Waiting = field(init=False)
    _reader: Reader | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.dsn = self.dsn or self.server.database()
        self.ledger = Waiting(self.runner.run(self._opened()), self.runner, self.dsn)

    async def _opened(self) -> PostgresLedger:
        owner = f"life-{next(_lives)}"
        shared = await open_ledger(self.dsn, self.rules, owner=owner, block=self.block, lease=self.lease)
        assert isinstance(shared, PostgresLedger)
        return shared

    def apply(self, *messages: Submission, want: int = 0, **batch: Any) -> Result:
        """Every message comes a moment after the one before it, as from a sender; see `redeliver`."""
        stamped = [
            self._stamped(one) if one.at == START.isoformat(timespec="milliseconds") else one for one in messages
        ]
        return super().apply(*stamped, want=want, **batch)

    def redeliver(self, *messages: Submission) -> Result:
        """A broker brings messages as they were."""
        return super().apply(*messages)

    def _stamped(self, submission: Submission) -> Submission:
        moment = START + timedelta(milliseconds=next(self.moments))
        return msgspec.structs.replace(submission, at=moment.isoformat(timespec="milliseconds"))

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as look:
            if values:
                question = question.replace("%", "%%").replace("?", "%s")
            return look.execute(question, values or None).fetchall()  # type: ignore[arg-type]

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as other:
            other.execute(statement)  # type: ignore[arg-type]

    def reader(self) -> Reader:
        if self._reader is None:
            self._reader = open_reader(self.dsn, VAULT)
        return self._reader

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """The last writing of each transaction fails as it does where a tablespace is full."""
        self.sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;"
            "CREATE TRIGGER refuses BEFORE INSERT OR UPDATE ON tally FOR EACH ROW EXECUTE FUNCTION refuse();"
            "CREATE TRIGGER refuses BEFORE UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION refuse();"
            "CREATE TRIGGER refuses BEFORE INSERT OR DELETE OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION refuse();"
            "CREATE TRIGGER refuses BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse();"
        )
        try:
            yield
        finally:
            self.sql("DROP FUNCTION refuse() CASCADE")

    def expire(self) -> None:
        """All leases run out."""
        self.sql("UPDATE bill SET lease_until = '-infinity' WHERE lease_until IS NOT NULL")
        self.sql("UPDATE number_block SET lease_until = '-infinity'")
        self.sql("UPDATE outbox SET lease_until = '-infinity' WHERE lease_until IS NOT NULL")

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self.ledger.close()

    def reopened(self) -> Self:
        self.close()
        return replace(self)

    def crashed(self) -> Self:
        self.ledger.shared.cut()
        self.expire()
        return replace(self)

    def another(self, **more: Any) -> Self:
        """Another process on the same database, on the same loop."""
        return replace(self, **more)
