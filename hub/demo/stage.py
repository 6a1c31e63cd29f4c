"""What the demonstration's hub stands on: its own folder, or a real Kafka and a real PostgreSQL in that folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hub.config import load_units
from hub.demo.world import CHINA, TYPES, World, receive_segments
from hub.engine.embedded.home import Home
from hub.ledger.reader import Reader
from hub.ledger.rules import rules_of

JARS: Final = Path(".jars")
"""Where Kafka's jars are kept, below the folder the command is called in."""
SEGMENT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """How the hub is started there, how long that may take, and a view of its ledger."""

    options: tuple[str, ...]
    seconds: float
    reader: Reader


@asynccontextmanager
async def embedded(world: World) -> AsyncIterator[Stage]:
    """The hub of one unit: nothing but its folder."""
    receive_segments(world, SEGMENT)
    home = Home(world.data)
    yield Stage((), 20.0, Reader(home.folder, home.vault()))


@asynccontextmanager
async def cluster(world: World) -> AsyncIterator[Stage]:
    """A province's hub, all its roles on this machine; servers and data stay in the folder, and go on from there.

    Raises:
        Config: Java, Maven or PostgreSQL is missing, or a server does not start.
    """
    from hub.ledger.migrate import migrate_postgres
    from hub.ledger.postgres import open_reader
    from hub.local.faults import NO_POSTGRES
    from hub.local.kafka import LocalKafka
    from hub.local.postgres import LocalPostgres, LocalServerError

    home = Home(world.data)
    home.make()
    vault = home.vault()
    with ExitStack() as servers:
        try:  # on this thread: a broker ends with the thread that started it
            postgres = servers.enter_context(LocalPostgres(world.folder / "postgres"))
        except LocalServerError as error:
            raise NO_POSTGRES(found=str(error)) from None
        kafka = servers.enter_context(LocalKafka(world.folder / "kafka", JARS))
        dsn = postgres.dsn()
        await asyncio.to_thread(migrate_postgres, dsn)
        await _receive_segments(world, dsn)
        file = world.folder / "hub.yaml"
        password = world.folder / "postgres.password"
        password.touch(mode=0o600)
        password.write_text(postgres.password, "ascii")
        file.write_text(_HUB.format(kafka=kafka.servers[0], postgres=postgres.port), "utf-8")
        yield Stage(("--engine", "cluster", "--hub", str(file)), 90.0, open_reader(dsn, vault))


_HUB: Final = """\
kafka: {{servers: ["{kafka}"], replication: 1, partitions: 4}}
postgres: {{servers: ["127.0.0.1:{postgres}"], database: postgres, user: postgres, password_file: postgres.password}}
keys: {{master: data/master.key, trust: data/trust}}
"""


async def _receive_segments(world: World, dsn: str) -> None:
    """Gives each unit numbers for this year, where it has none."""
    from hub.ledger.postgres import open_ledger

    rules = {unit.unit.id: rules_of(unit) for unit in load_units(world.units)}
    ledger = await open_ledger(dsn, rules, owner="demo", connections=1)
    now = datetime.now(UTC)
    for unit, type_ in TYPES:
        code = f"41{type_}{now.astimezone(CHINA):%y}"
        if not await ledger.has_numbers(unit, code):
            await ledger.receive_numbers(unit, code, "1", str(SEGMENT), now, "demo")
    await ledger.close()
