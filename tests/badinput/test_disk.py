"""A disk that is full, a database that is locked or damaged: nothing is acknowledged that is not kept."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.demo.world import receive_segments
from hub.simulators.alipay import blast
from hub.simulators.hospital_hl7 import read_ack
from hub.simulators.school import School
from tests.badinput.hub import Hub
from tests.badinput.say import NAME, dft, holds_person

HIS, ALIPAY = "demo-hospital/his", "demo-hospital/alipay"
TINY = 24 * 1024 * 1024


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path / "world")
    yield made
    made.close()
    log = made.log()
    assert not holds_person(log.encode()), log
    assert "Traceback" not in log, log


@contextmanager
def _tiny(folder: Path) -> Iterator[Path]:
    """A small file system mounted over a folder; an empty path where mounting is not allowed.

    Then the limit on file size, which a running process can be given and relieved of, stands in for it.
    """
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TINY}", "tiny", str(folder)], capture_output=True)
    try:
        yield folder if mounted.returncode == 0 else Path()
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _full(hub: Hub, own: bool) -> Iterator[None]:
    """No byte more can be written to the data folder meanwhile."""
    import resource

    assert hub.process is not None
    if not own:
        no_limit = resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE)
        size = (hub.world.data / "ledger.db-wal").stat().st_size
        resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, (size, no_limit[1]))
        yield
        resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, no_limit)
        return
    ballast = hub.world.data / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
    yield
    ballast.unlink()


async def test_a_full_disk_acknowledges_nothing_and_takes_everything_afterwards(tmp_path: Path, town: Hub) -> None:
    data = town.world.data
    trust = {path.name: path.read_bytes() for path in (data / "trust").iterdir()}
    with _tiny(data) as own:
        if own.parts:
            (data / "trust").mkdir()
            for name, content in trust.items():
                (data / "trust" / name).write_bytes(content)
            receive_segments(town.world, 1000)
        hub = town.start()
        sim = hub.world.alipay
        first = await hub.hl7(dft("D1", visit="VD1").encode())
        assert first.code == "AA"
        body = sim.paid("VD1", 10000)
        before = hub.counts(HIS)["received"]
        with _full(hub, bool(own.parts)):
            # what is free inside the database's own files is used up first
            frames: list[asyncio.Task[bytes]] = []
            silent = None
            for number in range(2000):
                task = asyncio.ensure_future(hub.raw_mllp(_framed(number), seconds=60))
                done, _ = await asyncio.wait([task], timeout=1.5)
                if not done:
                    silent = task
                    break
                frames.append(task)
            assert silent is not None, "the disk did not fill"
            answers = [read_ack(task.result()) for task in frames]
            assert {ack.code for ack in answers} <= {"AA"}
            posted = await hub.post(ALIPAY, body)
            assert posted.status_code == 503
            assert posted.headers["retry-after"]
            assert b"success" not in posted.content
            School(1).drop(hub.world.inbox, "full.csv", School(1).csv(School(1).rows(1, projects=1)))
            assert not silent.done()
            assert "BH-LED-003" in hub.log()
        # there is room again: the very same message, still in the sender's hand, is taken
        ack = read_ack(await asyncio.wait_for(silent, 20))
        assert (ack.code, ack.control_id) == ("AA", f"F{len(frames)}")
        assert (await hub.post(ALIPAY, body)).content == b"success"
        hub.wait(lambda: hub.statuses("VD1") == ["confirmed"])
        hub.wait(lambda: (hub.world.inbox / "full.csv.done").exists())
        assert hub.counts(HIS)["received"] == before + len(frames) + 1
        for number in (0, len(frames)):
            assert hub.statuses(f"VF{number}") == ["waiting"]
        assert hub.books()["balanced"]
        assert hub.stop() == 0


def _framed(number: int) -> bytes:
    more = "".join(f"NTE|{line}||{'x' * 2000}\r" for line in range(1, 60))
    return b"\x0b" + dft(f"F{number}", visit=f"VF{number}", more=more).encode() + b"\x1c\r"


async def test_a_locked_database_is_waited_for(town: Hub) -> None:
    hub = town.start()
    body = hub.world.alipay.paid("VL1", 10000)
    other = sqlite3.connect(hub.world.data / "ledger.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    silent = asyncio.ensure_future(hub.raw_mllp(b"\x0b" + dft("L1", visit="VL1").encode() + b"\x1c\r", seconds=60))
    posted = await hub.post(ALIPAY, body)
    assert (posted.status_code, posted.headers["retry-after"]) == (503, "1")
    assert b"BH-LED-003" in posted.content
    assert not silent.done()
    other.execute("ROLLBACK")
    other.close()
    assert read_ack(await asyncio.wait_for(silent, 20)).code == "AA"
    (answer,) = await blast(hub.url(ALIPAY), [body])
    assert answer == (200, b"success")
    hub.wait(lambda: hub.statuses("VL1") == ["confirmed"])
    assert hub.books()["balanced"]


def test_a_locked_database_at_start_is_named(town: Hub) -> None:
    other = sqlite3.connect(town.world.data / "ledger.db", isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    code, said = town.run_to_end()
    other.close()
    assert code == 3
    assert "BH-LED-003" in said
    assert "Traceback" not in said


async def test_a_database_damaged_under_a_running_hub_stops_it_without_a_lie(town: Hub) -> None:
    town.start()
    assert (await town.hl7(dft("K1", visit="VK1", paid="100.00").encode())).code == "AA"
    town.wait(lambda: town.statuses("VK1") == ["confirmed"])
    assert town.stop() == 0
    database = town.world.data / "ledger.db"
    pages = _root_pages(database)
    town.start()
    with database.open("r+b") as file:
        for page, size in pages:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)
    assert town.process is not None
    answered = await town.raw_mllp(b"\x0b" + dft("K2", visit="VK1", paid="100.00").encode() + b"\x1c\r", seconds=60)
    assert answered == b""
    assert town.process.wait(20) == 3
    assert "BH-LED-004" in town.log()
    assert NAME not in town.log()


def _root_pages(database: Path) -> list[tuple[int, int]]:
    """Where the tables of messages, keys and cases, and their indexes, begin."""
    look = sqlite3.connect(database)
    ((size,),) = look.execute("PRAGMA page_size")
    rows = look.execute(
        "SELECT rootpage FROM sqlite_master WHERE tbl_name IN ('message', 'key', 'matter', 'journal', 'event')"
    ).fetchall()
    look.close()
    return [(page, size) for (page,) in rows]


@pytest.mark.parametrize("how", ["no database at all", "flipped bytes", "cut short"])
def test_a_damaged_database_at_start_is_named(town: Hub, how: str) -> None:
    database = town.world.data / "ledger.db"
    content = bytearray(database.read_bytes())
    if how == "no database at all":
        content[:] = b"this is no database " * 500
    elif how == "flipped bytes":
        for page, size in _root_pages(database):
            content[(page - 1) * size : page * size] = b"\x5a" * size
    else:
        del content[len(content) // 2 :]
    database.write_bytes(content)
    for aside in ("ledger.db-wal", "ledger.db-shm"):
        (town.world.data / aside).unlink(missing_ok=True)
    code, said = town.run_to_end()
    assert code == 3
    assert "BH-LED-004" in said
    assert "Traceback" not in said
