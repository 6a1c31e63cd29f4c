"""Every adapter of the registry against every check."""

from __future__ import annotations

from functools import cache

import pytest

from hub.registry import adapter, adapters
from tests.conformance import checks_answers, checks_files, checks_reading
from tests.conformance.check import CHECKS, found
from tests.conformance.subject import Subject, subject_of
from tests.conformance.waivers import AT_MOST, WAIVERS

PARTS = (checks_answers, checks_files, checks_reading)


@cache
def subject(name: str) -> Subject:
    return subject_of(adapter(name))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", adapters())
def test_it_holds(name: str, check: str) -> None:
    wrong = found(check, subject(name))
    waived = WAIVERS.get((name, check), ())
    assert [line for line in wrong if line not in waived] == []
    assert [line for line in waived if line not in wrong] == [], "a waiver is no longer needed: take its line away"


def test_waivers_only_grow_fewer() -> None:
    assert sum(map(len, WAIVERS.values())) == AT_MOST
    assert {name for name, _ in WAIVERS} <= set(adapters())
    assert {check for _, check in WAIVERS} <= set(CHECKS)
