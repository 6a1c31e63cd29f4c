"""The ready file: written when everything is up, for whoever started the hub; it says where the doors are."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from hub.config import UnitConfig
from hub.processes.sockets import Sockets

log = logging.getLogger("billhub")


def say_ready(units: Sequence[UnitConfig], sockets: Sockets, ready: Path | None) -> None:
    """Writes the ready file: where the doors are."""
    doors: dict[str, str] = {}
    for unit in units:
        for name in unit.sources:
            where = f"{unit.unit.id}/{name}"
            if where in sockets.mllp:
                doors[where] = "{}:{}".format(*sockets.mllp[where].getsockname()[:2])
            elif where in sockets.folders:
                doors[where] = f"folder:{sockets.folders[where]}"
            else:
                doors[where] = f"/in/{where}"
    host, port = sockets.http.getsockname()[:2]
    log.info("ready: http://%s:%s/console/", host, port)
    if ready is not None:
        write_ready(ready, {"pid": os.getpid(), "http": f"{host}:{port}", "doors": doors})


def write_ready(ready: Path, told: Mapping[str, object]) -> None:
    """Writes the ready file so that whoever waits for it never sees a part of it."""
    part = ready.with_suffix(".part")
    part.write_text(json.dumps(told, ensure_ascii=False) + "\n", "utf-8")
    part.replace(ready)
