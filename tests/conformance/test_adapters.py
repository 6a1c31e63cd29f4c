"""Every adapter of the registry against every check."""

from __future__ import annotations

from functools import cache

import pytest

from hub.registry import adapter, adapters
from tests.conformance import checks_answers, checks_files, checks_reading
from tests.conformance.check import CHECKS, found
from tests.conformance.subject import Subject, subject_of

PARTS = (checks_answers, checks_files, checks_reading)


@cache
def subject(name: str) -> Subject:
    return subject_of(adapter(name))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", adapters())
def test_it_holds(name: str, check: str) -> None:
    assert found(check, subject(name)) == []
