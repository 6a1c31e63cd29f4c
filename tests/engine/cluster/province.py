"""The stage of the drills for this folder's tests, with a Kafka that asks who is there where a test wants one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from drills.place import Place
from drills.stage import Shape, stage
from hub.local.kafka import LocalKafka
from tests.engine.cluster.acls import allow
from tests.engine.cluster.broker import CACHE


@contextlib.asynccontextmanager
async def province(
    folder: Path, *, peers: bool = False, guarded: bool = False, standby: bool = False, **roles: Any
) -> AsyncIterator[Place]:
    """Servers up and migrated, units with keys and numbers, no hub yet; all of it is gone after the block."""
    guard = {"users": {"hub": "hub-secret"}, "guard": _guard} if guarded else {}
    async with stage(folder, Shape(peers=peers, standby=standby, roles=roles, **guard), CACHE) as made:  # type: ignore[arg-type]
        yield made


def _guard(kafka: LocalKafka, folder: Path) -> dict[str, Any]:
    (folder / "kafka.password").write_text("hub-secret\n")
    port = int(kafka.servers[0].rpartition(":")[2])
    for operation in ("read", "write", "create", "describe", "describe_configs"):
        allow(port, "hub", "topic", "billhub.", operation)
    allow(port, "hub", "group", "billhub.workers", "read")
    sasl = {"mechanism": "PLAIN", "user": "hub", "password_file": "kafka.password"}
    return {"servers": kafka.user_servers, "sasl": sasl}
