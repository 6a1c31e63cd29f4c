from __future__ import annotations

import pytest

from tests.issuing.samples import World, world


@pytest.fixture(scope="session", name="world")
def _world() -> World:
    return world()
