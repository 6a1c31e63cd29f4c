"""Two ledgers that were one until the backup: the one that burnt went on, the restored one did not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.ledger.epochs import found, opening
from hub.ledger.epochs.copies import BillCopy, Page, gather
from hub.ledger.epochs.desk import Desk, postgres_desk, sqlite_desk
from hub.ledger.epochs.entering import Entered, enter
from hub.ledger.records import Submission
from hub.ledger.sqlite_file import FILE
from tests.ledger.book import VAULT, Book, SqliteBook


def hashes(copy: BillCopy) -> list[bytes]:
    return [VAULT.search_hash(copy.draft.unit, "name", "张三")]


def desk_of(book: Any) -> Desk:
    return sqlite_desk(book.folder / FILE) if isinstance(book, SqliteBook) else postgres_desk(book.dsn)


@dataclass
class Pair:
    """`burnt` and `restored`; `both` tells both."""

    burnt: Book
    restored: Book
    told: int = 0
    later: list[Submission] = field(default_factory=list)

    def both(self, *messages: Submission) -> None:
        for message in messages:
            self.burnt.send(message)
            self.restored.send(message)

    def only_burnt(self, *messages: Submission) -> None:
        self.burnt.apply(*messages)
        self.later += messages

    @contextmanager
    def desk(self) -> Iterator[Connection]:
        with desk_of(self.restored).open() as connection:
            yield connection
        if isinstance(self.restored, SqliteBook):
            self.restored.ledger.reread()

    def open(self) -> int:
        with self.desk() as connection:
            return opening.open_epoch(connection, "backup", self.restored.now, "test")

    def pages(self, after: int = 0, limit: int = 2) -> list[Page]:
        """What the archive got of the burnt one, in small pages: it was behind the changes it tells of."""
        made: list[Page] = []
        known: set[str] = set()
        while True:
            with desk_of(self.burnt).open() as look:
                page = gather(look, made[-1].last if made else after, limit, known)
            if page is None:
                return made
            known |= {message.id for message in page.messages}
            made.append(page)

    def enter(self, pages: list[Page]) -> Entered:
        done = Entered()
        for page in pages:
            with self.desk() as connection:
                some = enter(connection, page, hashes, lambda _copy: False, "2026-03-01T09:00:00.000+00:00")
                opening.move_on(connection, page.last)
            done.bills += some.bills
            done.changed += some.changed
            done.messages += some.messages
        with self.desk() as connection:
            opening.note(connection, "archive", {"read": len(pages)})
            opening.settle(connection, self.restored.rules, self.restored.now)
        return done

    def resume(self, **more: Any) -> dict[str, Any]:
        with self.desk() as connection:
            return opening.resume(connection, self.restored.now, "test", **more)


def bills(book: Book) -> dict[str, tuple[Any, ...]]:
    """Bill id → what stands on it."""
    question = (
        "SELECT b.id, b.status, b.face, b.charge_no, b.bill_code, b.bill_number, b.check_code, b.issued_at, "
        "b.reverses, b.replaces, b.total, b.change, d.xml FROM bill b LEFT JOIN document d ON d.bill_seq = b.seq"
    )
    return {
        row[0]: tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in book.rows(question)
    }


__all__ = ["Pair", "bills", "desk_of", "found", "hashes"]
