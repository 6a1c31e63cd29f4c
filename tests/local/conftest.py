"""Where the jars lie, once for all tests: in the tree, and ignored by git."""

from __future__ import annotations

from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[2] / ".jars"


@pytest.fixture
def cache() -> Path:
    return CACHE
