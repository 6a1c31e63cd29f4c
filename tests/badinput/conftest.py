"""One running hub a module; when it ends, its log must not know the person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.badinput.hub import Hub
from tests.badinput.say import holds_person


@pytest.fixture(scope="module")
def numbers() -> int:
    """How many bill numbers the units have."""
    return 100_000


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, numbers: int) -> Iterator[Hub]:
    running = Hub(tmp_path_factory.mktemp("hub"), numbers=numbers)
    try:
        yield running.start()
        assert running.process is None or running.stop() == 0
        log = running.log()
        assert not holds_person(log.encode()), log
        assert "Traceback" not in log, log
    finally:
        running.close()
