from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.moving.lived import eventful
from tests.ledger.shared import Server


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ledger in which everything happened."""
    folder = tmp_path_factory.mktemp("lived") / "data"
    eventful(folder)
    return folder


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Path:
    """A copy of it, to be moved."""
    return Path(shutil.copytree(lived, tmp_path / "data"))


@pytest.fixture
def dsn(server: Server) -> Iterator[str]:
    """A migrated database, never used before."""
    made = server.database(fresh=True)
    yield made
    server.drop(made)
