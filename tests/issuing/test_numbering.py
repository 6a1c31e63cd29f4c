"""Bill codes and check codes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from random import Random, SystemRandom

import pytest

from hub.bill.numbering import bill_code, check_code
from hub.errors import Config


def test_the_code_follows_the_year_in_shanghai() -> None:
    assert bill_code("410100", "0601", datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) == "41060126"
    assert bill_code("410100", "0601", datetime(2026, 12, 31, 16, tzinfo=UTC)) == "41060127"
    assert bill_code("010000", "0101", datetime(2026, 6, 1, tzinfo=UTC)) == "01010126"


@pytest.mark.parametrize(
    ("region", "kind"), [("41", "0601"), ("410100", "601"), ("41010a", "0601"), ("410100", "０６０１")]
)
def test_other_shapes_are_refused(region: str, kind: str) -> None:
    with pytest.raises(Config):
        bill_code(region, kind, datetime(2026, 6, 1, tzinfo=UTC))


def test_check_codes_come_from_the_source_that_was_given() -> None:
    assert check_code(Random(7)) == check_code(Random(7)) != check_code(Random(8))
    drawn = [check_code(SystemRandom()) for _ in range(300)]
    assert all(re.fullmatch("[a-z0-9]{6}", code) for code in drawn)
    assert len(set("".join(drawn))) == 36
    assert len(set(drawn)) > 295
