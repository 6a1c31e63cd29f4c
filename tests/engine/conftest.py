"""A core with senders, and no loop but the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.engine.embedded import core as core_module
from hub.engine.embedded.core import Core
from hub.errors import Fault
from tests.engine.senders import Senders
from tests.ledger.book import SqliteBook


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Senders]:
    monkeypatch.setattr(core_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(core_module, "ALARM_SECONDS", 0.02)
    book = SqliteBook(folder=tmp_path).numbers()
    faults: list[Fault] = []
    core = Core(book.ledger, lambda: book.now, faults.append)
    yield Senders(core, book)
    assert faults == []
    assert book.books()["balanced"]
    book.close()
