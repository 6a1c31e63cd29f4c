"""One broker for the tests of this folder that leave it alone, with a guarded listener; others start their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.ledger.migrate import migrate_postgres
from hub.local.kafka import LocalKafka
from hub.local.postgres import LocalPostgres
from tests.engine.cluster.broker import CACHE, USERS


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    with LocalKafka(tmp_path_factory.mktemp("kafka"), CACHE, users=USERS) as kafka:
        yield kafka


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[LocalKafka]:
    with LocalKafka(tmp_path / "kafka", CACHE) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPostgres]:
    with LocalPostgres(tmp_path_factory.mktemp("postgres")) as made:
        yield made


@pytest.fixture
def dsn(server: LocalPostgres) -> str:
    """A migrated database of the test's own."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server.dsn(), autocommit=True) as line:
        line.execute(f'CREATE DATABASE "{name}"')
    migrate_postgres(server.dsn(name))
    return server.dsn(name)
