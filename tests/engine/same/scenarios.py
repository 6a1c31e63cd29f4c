"""Every scenario there is."""

from __future__ import annotations

from tests.engine.same import adversity, channels, dice, giving_back, paying
from tests.engine.same.words import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *paying.SCENARIOS,
    *channels.SCENARIOS,
    *giving_back.SCENARIOS,
    *adversity.SCENARIOS,
    *dice.SCENARIOS,
)
