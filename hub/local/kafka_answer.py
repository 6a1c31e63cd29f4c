"""One question to a broker, by hand: who takes part? A broker that is still being let in does not name itself.

Metadata, version 1 (Kafka protocol guide): request header v1, then an empty list of topics.
"""

from __future__ import annotations

import socket
import struct
from typing import Final

_METADATA: Final = struct.pack(">hhih", 3, 1, 0, 0) + struct.pack(">i", 0)
"""api key, version, correlation id, an empty client id; no topics"""
_SECONDS: Final = 3.0


def living_brokers(port: int, host: str = "127.0.0.1") -> list[int]:
    """The ports of the brokers that the one on `port` knows to be in the cluster; empty where nobody answers."""
    try:
        with socket.create_connection((host, port), _SECONDS) as line, line.makefile("rb") as answers:
            line.sendall(struct.pack(">i", len(_METADATA)) + _METADATA)
            (length,) = struct.unpack(">i", answers.read(4))
            return _ports(answers.read(length)[4:])
    except (OSError, struct.error):
        return []


def _ports(body: bytes) -> list[int]:
    (count,) = struct.unpack_from(">i", body)
    found, at = [], 4
    for _ in range(count):
        at += 4  # node id
        at += 2 + struct.unpack_from(">h", body, at)[0]  # host
        found.append(struct.unpack_from(">i", body, at)[0])
        at += 4
        at += 2 + max(0, struct.unpack_from(">h", body, at)[0])  # rack
    return found
