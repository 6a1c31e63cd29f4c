"""One broker for the tests of this folder that leave it alone, with a guarded listener; others start their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.local.kafka import LocalKafka
from tests.engine.cluster.broker import CACHE, USERS


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    with LocalKafka(tmp_path_factory.mktemp("kafka"), CACHE, users=USERS) as kafka:
        yield kafka


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[LocalKafka]:
    with LocalKafka(tmp_path / "kafka", CACHE) as kafka:
        yield kafka
