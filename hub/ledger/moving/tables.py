"""What is moved: each table that both databases have, its columns, and its rows page by page in the order of their key.

Text sorts by its bytes on either side, so both read the same rows in the same order, and one hash stands for a table.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Integer, LargeBinary, Table

from hub.ledger import schema
from hub.ledger.postgres.arrays import plain

Row = tuple[Any, ...]

PAGE_ROWS: Final = 5000
PAGE_BYTES: Final = 16 * 1024 * 1024
"""A page ends with the row that passes this: bodies may be large."""
_QUOTED: Final = '"{}"'


def _text(value: Any) -> str:
    return plain(value.decode() if isinstance(value, bytes) else str(value))


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


@dataclass(frozen=True, slots=True)
class Moved:
    """A table to move."""

    name: str
    columns: tuple[str, ...]
    """as on PostgreSQL"""
    key: tuple[str, ...]
    _source: str
    """SELECT … FROM …, on SQLite"""
    _as: tuple[Callable[[Any], Any], ...]

    def count(self, source: sqlite3.Connection) -> int:
        """Rows in the source."""
        return int(source.execute(f'SELECT COUNT(*) FROM "{self.name}"').fetchone()[0])  # noqa: S608

    def pages(self, source: sqlite3.Connection, after: Sequence[Any] | None) -> Iterator[list[Row]]:
        """The source's rows behind a key, as PostgreSQL takes them."""
        while True:
            page = self._page(source, after)
            if not page:
                return
            yield page
            after = self.key_of(page[-1])

    def key_of(self, row: Row) -> list[Any]:
        """The key of a row."""
        return [row[self.columns.index(name)] for name in self.key]

    @property
    def in_order(self) -> str:
        """The question for all rows, on PostgreSQL."""
        return f"SELECT {_listed(self.columns)} FROM {_QUOTED.format(self.name)} ORDER BY {_listed(self.key)}"  # noqa: S608

    def _page(self, source: sqlite3.Connection, after: Sequence[Any] | None) -> list[Row]:
        key = ", ".join(f't."{name}"' for name in self.key)
        where = f" WHERE ({key}) > ({', '.join('?' * len(after))})" if after is not None else ""
        rows: list[Row] = []
        size = 0
        asked = source.execute(f"{self._source}{where} ORDER BY {key} LIMIT {PAGE_ROWS}", tuple(after or ()))
        for raw in asked:
            row = tuple(None if value is None else convert(value) for convert, value in zip(self._as, raw, strict=True))
            rows.append(row)
            size += sum(len(value) for value in row if isinstance(value, (bytes, str)))
            if size > PAGE_BYTES:
                break
        asked.close()
        return rows


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_QUOTED.format(name) for name in names)


def _moved(table: Table) -> Moved:
    columns = schema.on_both(table)
    kinds: list[Callable[[Any], Any]] = []
    for column in columns:
        if isinstance(column.type, LargeBinary):
            kinds.append(_bytes)
        elif isinstance(column.type, (Integer, BigInteger)):
            kinds.append(int)
        else:
            kinds.append(_text)
    names = [column.name for column in columns]
    key = tuple(column.name for column in table.primary_key if not column.info)
    shown = ", ".join(f't."{name}"' for name in names)
    source = f'SELECT {shown} FROM "{table.name}" t'  # noqa: S608
    if table is schema.JOURNAL:  # there is a part for each day, which its message knows
        source = (
            "SELECT t.message_seq, t.sealed, COALESCE((SELECT substr(m.at, 1, 10) FROM message m "
            "WHERE m.seq = t.message_seq), '') FROM journal t"
        )
        names.append("day")
        kinds.append(_text)
    return Moved(table.name, tuple(names), key, source, tuple(kinds))


TABLES: Final = tuple(_moved(table) for table in schema.METADATA.sorted_tables if not table.info)
"""Every table that both have."""
ONLY_THERE: Final = tuple(table.name for table in schema.METADATA.sorted_tables if table.info)
"""Tables of PostgreSQL alone: empty until a cluster works."""


@dataclass(slots=True)
class Hash:
    """Rows of a table, counted and hashed in order."""

    rows: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)
    _encode: Callable[[Any], bytes] = field(default_factory=lambda: msgspec.msgpack.Encoder().encode)

    def add(self, row: Row) -> None:
        """One row more; its values carry their lengths, so rows cannot run together."""
        self.rows += 1
        self._digest.update(self._encode(row))

    @property
    def hex(self) -> str:
        """What was added, in 64 letters."""
        return str(self._digest.hexdigest())
