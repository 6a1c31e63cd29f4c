"""A cluster's way from door to database on a real Kafka and PostgreSQL, piece by piece, against an idle Faust.

`python -m benchmarks.kafka [--messages N] [--packed K] [--drain N]`. Every worker runs the product's Faust application
with the product's settings, in a process of its own; the idle one takes the same records and only counts them. Charges
of three lines and their signed payments, read and sealed as doors do; the ledger decides and writes them as in service.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import yaml

from benchmarks.ledger import submissions
from benchmarks.machine import describe, percentile, show
from hub.engine.cluster.connection import client_options
from hub.engine.cluster.counter import KafkaCounter
from hub.engine.cluster.producer import SteadyProducer
from hub.engine.cluster.records import encode, pack, partition_of
from hub.engine.cluster.topics import check_topics, topics_of
from hub.hubfile import HubConfig, load_hub
from hub.ledger.migrate import migrate_postgres
from hub.ledger.records import Submission
from hub.local.kafka import LocalKafka
from hub.local.postgres import LocalPostgres
from hub.security.vault import Vault

PARTITIONS: Final = 4
CACHE: Final = Path(".jars")
CLERKS: Final = 256
"""Senders that a door serves at once in the measurement of its produce rate."""
WINDOW: Final = 64
"""Records of a partition under way at once when a topic is filled."""
MODELS: Final = 2_000
"""Bills that are made by reading real messages; the rest are copies of them with other numbers."""
PATIENCE: Final = 3_600.0
_TRADE: Final = re.compile(rb"(?<!\d)(\d{8})\d{5}(\d{15})(?!\d)")
"""An Alipay trade number; its digits in the middle are the same in all that the models hold."""
_prefixes = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """The servers of a measurement."""

    folder: Path
    kafka: LocalKafka
    postgres: LocalPostgres

    async def hub(self) -> HubConfig:
        """A hub.yaml with topics, a group and a database of its own."""
        prefix = f"m{next(_prefixes)}"
        with psycopg.connect(self.postgres.dsn(), autocommit=True) as line:
            line.execute(f"CREATE DATABASE {prefix}")
        await asyncio.to_thread(migrate_postgres, self.postgres.dsn(prefix))
        hub = load_hub(cluster_file(self.folder, self.kafka.servers, self.postgres, prefix))
        await check_topics(hub)
        return hub


def cluster_file(folder: Path, kafka: list[str], postgres: LocalPostgres, name: str, master: str = "none") -> Path:
    """A hub.yaml for topics that begin with `name` on these brokers, and the database of that name."""
    secret = folder / "postgres.password"
    secret.write_text(postgres.password)
    data = {
        "kafka": {"servers": kafka, "prefix": name, "replication": 1, "partitions": PARTITIONS},
        "postgres": {
            "servers": [f"127.0.0.1:{postgres.port}"],
            "database": name,
            "user": "postgres",
            "password_file": secret.name,
        },
        "keys": {"master": master, "trust": "data/trust"},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


class Copies:
    """Bills without end, made of a few: another charge number, trade number and id in the same bytes."""

    def __init__(self, found: Sequence[Submission]) -> None:
        self._made = [encode(one) for one in found]
        self._wheres = [partition_of(one, PARTITIONS) for one in found]
        self._charges = [one.events[0].fact["charge_no"] for one in found]
        self._ids = [one.id for one in found]

    def take(self, count: int) -> list[tuple[int, bytes]]:
        """(partition, encoded submission); charge and payment of a bill stand side by side."""
        made: list[tuple[int, bytes]] = []
        for number in itertools.count():
            for where, data, charge, id_ in zip(self._wheres, self._made, self._charges, self._ids, strict=True):
                if len(made) == count:
                    return made
                mark = f"{number:05d}"  # the models, too: the end of an id of theirs may look like one
                data = data.replace(charge.encode(), f"{mark}{charge[5:]}".encode())  # noqa: PLW2901
                data = data.replace(id_.encode(), f"{id_[:-5]}{mark}".encode())  # noqa: PLW2901
                data = _TRADE.sub(rb"\g<1>" + mark.encode() + rb"\g<2>", data)  # noqa: PLW2901
                made.append((where, data))
        raise AssertionError


@dataclass(slots=True)
class Run:
    """What workers did: submissions a second, and the CPU of one submission in microseconds."""

    rate: float
    cpu: float


class Feed:
    """Submissions on their way to a topic, so many to a record, each partition in its order."""

    def __init__(self, hub: HubConfig, made: Sequence[tuple[int, bytes]], packed: int) -> None:
        self.left = len(made)
        self._topics = topics_of(hub.kafka)
        self._producer = SteadyProducer(client_options(hub), self._topics.largest)
        lanes = [[data for where, data in made if where == partition] for partition in range(PARTITIONS)]
        self._lanes = [[lane[at : at + packed] for at in range(0, len(lane), packed)] for lane in lanes]

    async def start(self) -> None:
        """Connects."""
        await self._producer.start()

    async def some(self, records: int) -> None:
        """Puts the next records of every partition on the topic."""
        for partition, lane in enumerate(self._lanes):
            now, self._lanes[partition] = lane[:records], lane[records:]
            self.left -= sum(map(len, now))
            sending = (self._producer.send(self._topics.events, partition, pack(record)) for record in now)
            await asyncio.gather(*sending)

    async def rest(self) -> None:
        """Puts everything on the topic."""
        while self.left:
            await self.some(WINDOW)
        await self._producer.close()


async def workers(
    hub: HubConfig, made: Sequence[tuple[int, bytes]], packed: int, units: Path | None, processes: int = 1
) -> Run:
    """Workers take everything; measured from when the topic is full, and each has begun, until the first one ends."""
    feed = Feed(hub, made, packed)
    await feed.start()
    running = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.kafka_worker", str(hub.path), f"worker-{number}", str(units or "-")),
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
        )
        for number in range(processes)
    ]
    said: list[list[tuple[int, float, float]]] = [[] for _ in running]
    done = asyncio.Event()

    async def listen(number: int) -> None:
        stdout = running[number].stdout
        assert stdout is not None
        async for line in stdout:
            taken, moment, cpu = line.split()
            said[number].append((int(taken), float(moment), float(cpu)))
            if sum(one[0] for lines in said for one in lines) >= len(made):
                done.set()
        if not done.is_set():
            raise SystemExit(f"worker {number} has ended")

    listening = [asyncio.create_task(listen(number)) for number in range(processes)]
    try:
        async with asyncio.timeout(PATIENCE):
            while not all(said):
                await feed.some(1)
                await asyncio.sleep(0.5)
            await feed.rest()
            begin = time.monotonic()
            await done.wait()
            if units is not None:
                await _all_applied(hub, len(made))
    finally:
        for process in running:
            process.kill()
            await process.wait()
        await asyncio.gather(*listening)
    end = min(lines[-1][1] for lines in said)
    within = [[one for one in lines if begin <= one[1] <= end] for lines in said]
    taken = sum(one[0] for lines in within for one in lines[1:])
    cpu = sum(lines[-1][2] - lines[0][2] for lines in within)
    return Run(taken / (end - begin), cpu / taken * 1e6)


async def _all_applied(hub: HubConfig, count: int) -> None:
    """What a broker brought twice was counted twice; and messages that contradict each other would measure nothing."""
    question = "SELECT place, sum(count)::int FROM tally GROUP BY place UNION SELECT 'due', count(*) FROM bill"
    wanted = {"applied": count, "due": count // 2}
    found: dict[str, int] = {}
    with psycopg.connect(hub.dsn(), autocommit=True) as line:
        for _ in range(300):
            found = dict(line.execute(f"{question} WHERE status = 'due'").fetchall())
            if found == wanted:
                return
            await asyncio.sleep(0.1)
    raise SystemExit(f"{wanted} was expected: {found}")


async def compare(place: Place, copies: Copies, count: int, packed: int) -> tuple[Run, Run]:
    """One worker with the ledger, and one that does nothing, with the same records on the same broker."""
    made = copies.take(count)
    nothing = await workers(await place.hub(), made, packed, None)
    return await workers(await place.hub(), made, packed, place.folder / "units"), nothing


async def produce_rate(place: Place, found: Sequence[Submission]) -> None:
    """A door's way to Kafka: acks=all, so many senders at once, each waiting for its acknowledgement."""
    hub = await place.hub()
    topics = topics_of(hub.kafka)
    producer = SteadyProducer(client_options(hub), topics.largest)
    await producer.start()
    counter = KafkaCounter(producer, topics, Vault([bytes(range(32))]), None)
    work = iter(found)
    delays: list[float] = []

    async def clerk() -> None:
        for one in work:
            started = time.perf_counter()
            await counter.submit([one], watch=False)
            delays.append(time.perf_counter() - started)

    started, spent = time.perf_counter(), time.process_time()
    await asyncio.gather(*(clerk() for _ in range(CLERKS)))
    seconds, spent = time.perf_counter() - started, time.process_time() - spent
    await counter.close(5)
    await producer.close()
    show(
        "door → Kafka, acks=all",
        messages_per_s=len(delays) / seconds,
        cpu_us=spent / len(delays) * 1e6,
        p50_ms=percentile(delays, 0.5) * 1000,
        p99_ms=percentile(delays, 0.99) * 1000,
    )


async def measure(count: int, packed: int, drain: int) -> None:
    """The measurement."""
    with tempfile.TemporaryDirectory(prefix="billhub-kafka-") as name:
        folder = Path(name)
        found, _ = submissions(folder, min(count // 2, MODELS), Vault([bytes(range(32))]))
        copies = Copies(found)
        with LocalPostgres(folder / "postgres") as postgres, LocalKafka(folder / "kafka", CACHE) as kafka:
            place = Place(folder, kafka, postgres)
            await produce_rate(place, found)
            for size in (1, packed):
                real, nothing = await compare(place, copies, count, size)
                show(
                    f"one worker, {size} to a record",
                    messages_per_s=real.rate,
                    cpu_us=real.cpu,
                    nothing_per_s=nothing.rate,
                    nothing_cpu_us=nothing.cpu,
                    ratio=real.rate / nothing.rate,
                )
                if size == 1:
                    raw = nothing.rate
                else:
                    show("  ÷ Faust that does nothing, 1 to a record", ratio=real.rate / raw)
            both = await workers(await place.hub(), copies.take(count), packed, folder / "units", 2)
            show("two workers", messages_per_s=both.rate, ratio=both.rate / real.rate)
            if drain:
                run = await workers(await place.hub(), copies.take(drain), packed, folder / "units")
                show(f"{drain} messages after an outage", minutes=drain / run.rate / 60, messages_per_s=run.rate)


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--packed", type=int, default=50, help="submissions to a record")
    parser.add_argument("--drain", type=int, default=0, help="messages that wait after an outage")
    given = parser.parse_args()
    print(describe())
    asyncio.run(measure(given.messages, given.packed, given.drain))


if __name__ == "__main__":
    main()
