"""The drills by name, in the order in which all of them are played."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from drills.drill import Drill

NAMES: Final = (
    *("kill-door", "kill-worker", "kill-issuer", "kill-relay", "kill-machine", "roll"),
    *("broker-restart", "three-brokers", "postgres-away", "postgres-killed", "postgres-failover"),
    *("zombie", "rebalance-storm", "clock-moved", "poison-flood"),
    *("disk-full-kafka", "disk-full-postgres", "network-cut", "network-slow"),
)


def catalogue() -> Mapping[str, Drill]:
    """Name → drill."""
    found = {}
    for name in NAMES:
        drill = importlib.import_module(f"drills.stories.{name.replace('-', '_')}").DRILL
        found[name] = drill
    return MappingProxyType(found)
