"""A move that dies at any point goes on where it was: nothing left out, nothing doubled."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from hub.errors import Config
from hub.ledger.moving.tables import TABLES
from hub.ledger.sqlite import SqliteLedger
from tests.ledger.book import charge, payment
from tests.ledger.moving.lived import RULES_SIGNED, seen, source, target
from tests.ledger.moving.process import closed, moves, rows_there
from tests.ledger.shared import Server


def same(folder: Path, dsn: str, server: Server) -> None:
    """The target shows what the source shows, and works."""
    before = seen(source(folder))
    book = target(server, dsn)
    after = seen(book)
    assert after["books"] == before["books"]
    assert after["bills"] == before["bills"]
    assert [message["body"] for message in after["messages"]] == [message["body"] for message in before["messages"]]
    book.take(charge("N1"), payment("N1", trade="N1"))
    assert book.issue()
    assert book.books()["balanced"]
    book.close()


@pytest.mark.parametrize(
    "point", ["copying:1", "copying:7", "copying:40", "copied:1", "copied:23", "compared", "closed"]
)
def test_a_move_killed_goes_on_where_it_was(folder: Path, dsn: str, server: Server, point: str) -> None:
    total = sum(source(folder).one(f'SELECT count(*) FROM "{table.name}"') for table in TABLES)
    code, _ = moves(folder, dsn, point)
    assert code == -signal.SIGKILL
    before = rows_there(dsn)
    name, _, times = point.partition(":")
    if name == "copied":
        assert before >= int(times), "what was committed is there"
    if name == "copying":
        assert before < total
    if name in {"compared", "closed"}:
        assert before == total
    assert closed(dsn) == "BH-LED-031"
    with pytest.raises(Config):
        SqliteLedger(folder, RULES_SIGNED)
    code, (brought, resumed, already, equal) = moves(folder, dsn)
    assert (code, resumed, already, equal) == (0, "True", "False", "True")
    assert int(brought) == total - before, "only what was missing came"
    same(folder, dsn, server)


def test_a_move_killed_again_and_again_comes_to_its_end(folder: Path, dsn: str, server: Server) -> None:
    deaths = 0
    for turn in range(30):
        point = "copying" if turn % 2 else "copied"
        code, told = moves(folder, dsn, f"{point}:{17 + turn % 3}")
        if code == 0:
            assert told[3] == "True"
            break
        deaths += 1
    assert deaths >= 2
    same(folder, dsn, server)


def test_a_server_that_is_killed_in_the_middle_loses_nothing_that_came(lived: Path, folder: Path) -> None:
    server = Server()
    try:
        dsn = server.database(fresh=True)
        assert moves(folder, dsn, "copied:20")[0] == -signal.SIGKILL
        before = rows_there(dsn)
        server.local.kill()
        server.local.start()
        assert rows_there(dsn) == before
        assert moves(folder, dsn)[1][3] == "True"
        same(folder, dsn, server)
    finally:
        server.remove()
