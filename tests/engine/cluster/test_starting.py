"""How a cluster's machine starts: what is wrong is one line and exit code 3; what is right hears of verdicts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
import yaml

from drills.machine import Machine
from drills.place import Place
from hub.demo.world import HOSPITAL
from hub.engine.cluster.lag import Lag
from hub.engine.cluster.watchdog import STALLED, Judge, Signs
from hub.ledger.migrate import migrate_postgres
from hub.ledger.rows import key_id
from hub.simulators.hospital_hl7 import HospitalHl7, WrongAck
from hub.simulators.hospital_hl7_words import Charge
from tests.engine.cluster.province import province
from tests.hubprocess import running

pytestmark = pytest.mark.timeout(240)
HIS = f"{HOSPITAL}/his"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with province(tmp_path_factory.mktemp("province"), door={"ack_seconds": 2}) as made:
        text = (made.world.units / "hospital.yaml").read_text("utf-8")
        head, mark, rest = text.partition("    adapter: his/hl7v2\n")
        assert mark
        (made.world.units / "hospital.yaml").write_text(head + mark + "    answer: applied\n" + rest, "utf-8")
        yield made


def _without_port(hub: dict[str, dict[str, object]], section: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        hub[section]["servers"] = [f"127.0.0.1:{sock.getsockname()[1]}"]


Change = Callable[[dict[str, dict[str, object]]], object]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda hub: _without_port(hub, "kafka"), "BH-CLU-010 Kafka cannot be reached"),
        (lambda hub: _without_port(hub, "postgres"), "BH-LED-020 PostgreSQL cannot be reached"),
        (lambda hub: hub["postgres"].update(database="nothing"), "nothing"),
        (lambda hub: hub["keys"].update(master="no.key"), "no.key"),
        (lambda hub: hub["kafka"].update(prefix="fresh", create="no"), "BH-CLU-012 there is no topic fresh.events"),
        (lambda hub: hub["kafka"].update(replication="3", prefix="three"), "BH-CLU-018"),
        (lambda hub: hub["kafka"].pop("servers"), "servers is missing"),
    ],
    ids=["kafka", "postgres", "database", "key", "topic", "replication", "file"],
)
async def test_what_is_wrong_is_one_line_and_exit_code_3(place: Place, change: Change, says: str) -> None:
    # doors open without a database, so that what asks for one is seen without them
    machine = place.machine(*(("worker", "issuer") if "PostgreSQL" in says else ("door", "worker", "issuer")))
    hub = yaml.safe_load(place.hub.read_text("utf-8"))
    change(hub)
    machine.hub = place.hub.with_name(f"wrong-{len(place.machines)}.yaml")
    machine.hub.write_text(yaml.safe_dump(hub), "utf-8")
    await machine.launch()
    assert await machine.died() == 3
    (line,) = [line for line in machine.log.splitlines() if line.startswith("billhub: ")]
    assert says in line
    assert " → " in line
    assert "Traceback" not in machine.log


@pytest.mark.asyncio(loop_scope="module")
async def test_a_hub_of_another_database_stays_away_from_the_messages(place: Place) -> None:
    await place.rows("CREATE DATABASE other")
    await asyncio.to_thread(migrate_postgres, place.postgres.dsn("other"))
    mine, machine = place.machine("worker"), place.machine("door", "worker")
    hub = yaml.safe_load(place.hub.read_text("utf-8"))
    hub["postgres"]["database"] = "other"
    machine.hub = place.hub.with_name("other.yaml")
    machine.hub.write_text(yaml.safe_dump(hub), "utf-8")
    async with running(mine):
        while await _told_alone(machine):  # the first one may not be in the group yet
            pass
        (line, *_) = [line for line in machine.log.splitlines() if line.startswith("billhub: ")]
        assert "BH-CLU-020 a worker at 127.0.0.1 takes billhub.events into another database" in line


async def _told_alone(machine: Machine) -> bool:
    """Whether a machine starts; it is gone then."""
    await machine.launch()
    came = await machine.came_up()
    if came:
        await machine.kill()
    else:
        assert await machine.died() == 3
    return came


async def _old_postgres(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greets as PostgreSQL 13 does, and has no rows."""

    def said(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack(">i", len(body) + 4) + body

    with contextlib.suppress(asyncio.IncompleteReadError):
        for answer in (b"N", said(b"R", bytes(4))):  # no TLS; and who is there is not asked
            await reader.readexactly(struct.unpack(">i", await reader.readexactly(4))[0] - 4)
            writer.write(answer)
        for name, value in (("server_version", "13.14"), ("client_encoding", "UTF8"), ("in_hot_standby", "off")):
            writer.write(said(b"S", f"{name}\0{value}\0".encode()))
        writer.write(said(b"K", bytes(8)) + said(b"Z", b"I"))
        while (await reader.readexactly(1)) != b"X":
            await reader.readexactly(struct.unpack(">i", await reader.readexactly(4))[0] - 4)
            writer.write(said(b"C", b"SELECT 0\0") + said(b"Z", b"I"))
    writer.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_postgres_that_is_too_old_is_told_so(place: Place) -> None:
    server = await asyncio.start_server(_old_postgres, "127.0.0.1", 0)
    hub = yaml.safe_load(place.hub.read_text("utf-8"))
    hub["postgres"]["servers"] = [f"127.0.0.1:{server.sockets[0].getsockname()[1]}"]
    machine = place.machine("worker")
    machine.hub = place.hub.with_name("old.yaml")
    machine.hub.write_text(yaml.safe_dump(hub), "utf-8")
    await machine.launch()
    assert await machine.died() == 3
    server.close()
    (line,) = [line for line in machine.log.splitlines() if line.startswith("billhub: ")]
    assert "BH-LED-023 PostgreSQL 13.14 is too old; 14 or newer is needed" in line


@pytest.mark.asyncio(loop_scope="module")
async def test_a_source_that_waits_for_the_verdict_gets_it_and_none_without_a_database(place: Place) -> None:
    hub = place.machine("door", "worker")
    async with running(hub), HospitalHl7(*hub.address(HIS), prefix="V", timeout=20) as his:
        charge, ack = await _patiently(his)
        assert ack == "AA"
        changed = his.writer.changed(charge)
        assert (await his.told(changed, charge.control_id)).code == "AE"
        assert await place.tally() == {"applied": 1, "parked": 1}
        place.postgres.stop()
        with pytest.raises(WrongAck):
            async with HospitalHl7(*hub.address(HIS), prefix="W", timeout=4) as other:
                await other.send_charge()
        await asyncio.to_thread(place.postgres.start)
        _, ack = await _patiently(his)
        assert ack == "AA"
        await hub.stop()


async def _patiently(his: HospitalHl7) -> tuple[Charge, str]:
    """A charge, sent until somebody judges it: the listener may not be connected yet."""
    charge = his.writer.charge()
    async with asyncio.timeout(60):
        while True:
            try:
                return charge, (await his.told(charge.body, charge.control_id)).code
            except WrongAck:
                await his.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_worker_that_was_frozen_goes_on_and_does_no_harm(place: Place) -> None:
    hub = place.machine("door", "worker")
    async with running(hub):
        async with HospitalHl7(*hub.address(HIS), prefix="F", timeout=20) as his:
            told = [await _patiently(his)]
            (worker,) = hub.children("worker")
            os.kill(worker, signal.SIGSTOP)
            other = place.machine("worker")
            async with running(other):  # it gets the frozen one's partitions when its session is over
                told.append(await _patiently(his))
                os.kill(worker, signal.SIGCONT)
                told += [await _patiently(his) for _ in range(5)]
        assert {ack for _, ack in told} == {"AA"}
        keys = [key_id(HOSPITAL, "charge", charge.charge_no) for charge, _ in told]
        ((found,),) = await place.rows("SELECT count(*) FROM key WHERE key = ANY($1)", keys)
        assert found == 7
        ((applied,),) = await place.rows("SELECT count(*) FROM message WHERE place = 'applied'")
        assert (await place.tally())["applied"] == applied, "none is counted twice"


def test_the_judge_knows_a_stall_from_a_rest() -> None:
    signs = Signs(beats=0, lag=Lag(0, 10))
    judge = Judge(signs, 3)

    def look(times: int, **changes: object) -> str:
        said = ""
        for _ in range(times):
            signs.beats += 1
            for name, value in changes.items():
                setattr(signs, name, value)
            said = judge.look()
        return said

    assert look(10, lag=Lag(0, 10)) == ""  # nothing waits
    assert look(10, lag=None) == ""  # the broker is away
    assert look(10, lag=Lag(5, 10), excused=True) == ""  # the database is away
    assert look(2, excused=False) == ""
    assert "no commit" in look(2)
    signs.lag = Lag(5, 11)
    assert look(2) == ""  # it moved
    signs.lag = Lag(0, 11)
    look(1)
    said = [judge.look() for _ in range(4)]  # no beat any more
    assert "has not come round" in said[-1]
    assert STALLED == 71
