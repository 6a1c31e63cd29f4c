"""A message's sealed bytes, wherever they lie: PostgreSQL keeps a journal by days, and apart what outlives its day."""

from __future__ import annotations

from sqlalchemy import Connection, select

from hub.ledger import schema


def body_of(look: Connection, seq: int, at: str) -> bytes | None:
    """A message's sealed bytes, or None where their time is over."""
    journal, kept = schema.JOURNAL, schema.JOURNAL_KEPT
    question = select(journal.c.sealed).where(journal.c.message_seq == seq)
    if look.dialect.name == "sqlite":
        return look.scalar(question)
    found = look.scalar(question.where(journal.c.day == at[:10]))
    return found if found is not None else look.scalar(select(kept.c.sealed).where(kept.c.message_seq == seq))
