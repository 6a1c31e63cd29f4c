"""The mark is taken back by a person's word, and never so that two hubs work on one truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import Config
from hub.ledger import mark
from hub.ledger.sqlite import SqliteLedger
from tests.ledger.book import SqliteBook, charge, payment
from tests.ledger.moving.lived import RULES_SIGNED, moving, target, undone
from tests.ledger.moving.process import closed, moves
from tests.ledger.shared import PostgresBook, Server


def test_an_unfinished_move_is_given_up_by_a_word(folder: Path, dsn: str) -> None:
    moves(folder, dsn, "copied:5")
    undone(folder, None)
    book = SqliteBook(folder=folder, rules=RULES_SIGNED, sent=1000)
    book.take(charge("N1"), payment("N1", trade="N1"))
    assert book.issue()
    book.close()
    with pytest.raises(Config) as fault:  # the half that is there belongs to another time
        moving(folder, dsn)
    assert fault.value.code.code == "BH-LED-033"


def test_a_complete_move_is_undone_only_by_closing_the_target(folder: Path, dsn: str) -> None:
    moving(folder, dsn)
    with pytest.raises(Config) as fault:
        undone(folder, None)
    assert fault.value.code.code == "BH-LED-040"
    undone(folder, dsn)
    assert closed(dsn) == "BH-LED-031"
    SqliteLedger(folder, RULES_SIGNED).close()
    assert mark.read(folder) is None


def test_a_target_that_has_gone_on_is_not_undone(folder: Path, dsn: str, server: Server) -> None:
    moving(folder, dsn)
    book = target(server, dsn)
    book.take(charge("N1"), payment("N1", trade="N1"))
    book.close()
    with pytest.raises(Config) as fault:
        undone(folder, dsn)
    assert fault.value.code.code == "BH-LED-037"
    target(server, dsn).close()
    with pytest.raises(Config):
        SqliteLedger(folder, RULES_SIGNED)


def test_undoing_that_is_cut_off_before_the_mark_is_gone_may_be_done_again(folder: Path, dsn: str) -> None:
    moves(folder, dsn, "closed")  # the source is closed for good, the target is not open
    found = mark.read(folder)
    assert found is not None
    assert found.state == "moved"
    undone(folder, dsn)
    SqliteLedger(folder, RULES_SIGNED).close()


def test_where_nothing_was_moved_there_is_nothing_to_undo(folder: Path) -> None:
    with pytest.raises(Config) as fault:
        undone(folder, None)
    assert fault.value.code.code == "BH-LED-039"


def test_another_database_is_not_the_one_to_close(folder: Path, dsn: str, server: Server) -> None:
    moving(folder, dsn)
    other = server.database(fresh=True)
    with pytest.raises(Config) as fault:
        undone(folder, other)
    assert fault.value.code.code == "BH-LED-041"
    PostgresBook(server=server, dsn=other).close()
    server.drop(other)


def test_a_mark_that_cannot_be_read_keeps_the_hub_away(folder: Path) -> None:
    (folder / mark.FILE).write_text("{")
    with pytest.raises(Config) as fault:
        SqliteLedger(folder, RULES_SIGNED)
    assert fault.value.code.code == "BH-LED-038"
