"""Real hubs as processes, in both shapes: start, drain, reload, restarts of children, the end of a parent."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from hub.demo.world import CHINA
from hub.simulators.hospital_hl7 import HospitalHl7
from tests.hubprocess import HubProcess, Town, processes, running, session_of, town, until

SHAPES = pytest.mark.parametrize(("doors", "issuers"), [(0, 0), (2, 1)], ids=["single", "processes"])
HIS = "demo-hospital/his"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


async def paid_in_cash(hub: HubProcess, count: int = 1, seed: int = 1) -> list[str]:
    """Charges that pay themselves; their numbers."""
    async with HospitalHl7(*hub.address(HIS), seed=seed, prefix=f"S{seed}") as his:
        sent = [await his.send_charge(cash=True) for _ in range(count)]
    assert {ack.code for _, ack in sent} == {"AA"}
    return [charge.charge_no for charge, _ in sent]


async def confirmed(hub: HubProcess, count: int) -> None:
    reader = hub.reader()
    await until(lambda: reader.books()["bills"] == {"confirmed": count}, f"{count} bills are confirmed")


@SHAPES
async def test_a_hub_issues_drains_and_goes_on(place: Town, doors: int, issuers: int) -> None:
    hub = place.hub(doors, issuers)
    async with running(hub):
        assert set(hub.ready) == {"pid", "http", "doors"}
        assert hub.ready["doors"]["demo-hospital/alipay"] == "/in/demo-hospital/alipay"
        assert hub.ready["doors"]["demo-school/fees"] == f"folder:{place.world.inbox}"
        assert (len(hub.children("door")), len(hub.children("issuer"))) == (doors, issuers)
        await paid_in_cash(hub, 5)
        await confirmed(hub, 5)
        await hub.stop()
        assert not (hub.data / "core.sock").exists()
        await hub.start()
        await paid_in_cash(hub, 2, seed=2)
        await confirmed(hub, 7)
        assert hub.reader().books()["balanced"]


@SHAPES
async def test_a_drain_under_load_answers_what_it_took(place: Town, doors: int, issuers: int) -> None:
    hub = place.hub(doors, issuers)
    async with running(hub):
        acked: list[str] = []

        async def sender(seed: int) -> None:
            async with HospitalHl7(*hub.address(HIS), seed=seed, prefix=f"S{seed}", timeout=12) as his:
                while True:
                    charge, ack = await his.send_charge(cash=True)
                    if ack.code == "AA":
                        acked.append(charge.charge_no)

        senders = [asyncio.create_task(sender(seed)) for seed in range(1, 5)]
        await until(lambda: len(acked) > 20, "senders are served")
        await hub.stop()
        await asyncio.gather(*senders, return_exceptions=True)
        await hub.start()
        reader = hub.reader()
        await until(lambda: set(reader.books()["bills"]) == {"confirmed"}, "all are issued")
        assert {charge_no for charge_no in acked if not reader.find([charge_no])} == set()
        assert reader.books()["balanced"]


@SHAPES
async def test_a_reload_takes_new_units_and_refuses_broken_ones(place: Town, doors: int, issuers: int) -> None:
    hub = place.hub(doors, issuers)
    file = place.world.units / "hospital.yaml"
    async with running(hub):
        await paid_in_cash(hub)
        await confirmed(hub, 1)
        text = file.read_text("utf-8")
        file.write_text(text.replace("name: 示例人民医院", "name: 示例第一人民医院"), "utf-8")
        os.kill(hub.pid, signal.SIGHUP)
        await until(lambda: "the units were read anew" in hub.log, "the reload")
        named: set[str] = set()

        async def under_the_new_name() -> bool:
            (no,) = await paid_in_cash(hub, seed=len(named) + 10)
            reader = hub.reader()
            await until(lambda: reader.find([no])[0]["status"] == "confirmed", "it is confirmed")
            named.add(no)
            return bool(reader.find([no])[0]["unit"]["name"] == "示例第一人民医院")

        while not await under_the_new_name():  # an issuer hears of it a moment after the core
            assert len(named) < 20
        file.write_text(text.replace("region:", "regoin:"), "utf-8")
        os.kill(hub.pid, signal.SIGHUP)
        await until(lambda: "the units were not changed" in hub.log, "the refusal")
        assert await under_the_new_name()


async def test_a_child_started_anew_works_by_the_units_the_core_took(place: Town) -> None:
    hub = place.hub(1, 1)
    async with running(hub):
        file = place.world.units / "hospital.yaml"
        file.write_text(file.read_text("utf-8").replace("region:", "regoin:"), "utf-8")  # half edited, not reloaded
        for role in ("issuer", "door", "relay"):
            (before,) = hub.children(role)
            os.kill(before, signal.SIGKILL)
            await until(lambda role=role, before=before: hub.children(role) not in ([], [before]), f"{role} again")  # type: ignore[misc]
        await paid_in_cash(hub, 3)
        await confirmed(hub, 3)
        assert hub.alive


async def test_children_that_are_killed_are_started_anew_and_nothing_is_lost(place: Town) -> None:
    hub = place.hub(2, 2)
    async with running(hub):
        sent = 0
        for role in ("issuer", "door", "relay"):
            before = hub.children(role)
            sent += len(await paid_in_cash(hub, 3, seed=sent + 1))
            os.kill(before[0], signal.SIGKILL)
            await until(
                lambda role=role, before=before: (
                    len(hub.children(role)) == len(before)  # type: ignore[misc]
                    and before[0] not in hub.children(role)
                ),
                f"a new {role}",
            )
            # the others went on; the new one takes part
            async with HospitalHl7(*hub.address(HIS), seed=100 + sent, prefix=f"R{sent}") as his:
                _, ack = await his.send_charge(cash=True)
            assert ack.code == "AA"
            sent += 1
        await confirmed(hub, sent)
        assert hub.reader().books()["balanced"]


async def test_bills_of_an_issuer_that_is_killed_while_it_signs_are_issued(place: Town) -> None:
    hub = place.hub(1, 1)
    async with running(hub):
        (issuer,) = hub.children("issuer")
        os.kill(issuer, signal.SIGSTOP)  # it holds what it is given
        sent = await paid_in_cash(hub, 5)
        reader = hub.reader()
        await until(lambda: sum(book["reserved"] for book in reader.books()["numbers"]) == 5, "they are handed out")
        numbers = {no: reader.find([no])[0]["bill_number"] for no in sent}
        os.kill(issuer, signal.SIGKILL)
        await confirmed(hub, 5)
        assert {no: reader.find([no])[0]["bill_number"] for no in sent} == numbers


async def test_a_parent_that_is_killed_takes_its_children_along_and_frees_its_port(place: Town) -> None:
    hub = place.hub(2, 1)
    async with running(hub):
        hub.http = hub.ready["http"]  # whoever restarts it uses the same port
        await paid_in_cash(hub, 2)
        os.kill(hub.pid, signal.SIGKILL)
        assert await hub.died() == -signal.SIGKILL
        await hub.start()
        assert hub.ready["http"] == hub.http
        await paid_in_cash(hub, 1, seed=2)
        await confirmed(hub, 3)


async def test_a_parent_killed_while_its_children_start_takes_them_along(place: Town) -> None:
    hub = place.hub(2, 2)
    await hub.launch()
    try:
        await until(lambda: len(hub.children("door")) == 2, "children are started")
        os.kill(hub.pid, signal.SIGKILL)
        assert await hub.died() == -signal.SIGKILL
    finally:
        await hub.kill()


async def test_a_hub_started_while_children_of_a_dead_one_are_still_starting(place: Town) -> None:
    hub = place.hub(2, 1)
    async with running(hub):
        hub.http = hub.ready["http"]
        await hub.stop()
    await hub.launch()
    old = hub.pid
    try:
        await until(lambda: len(hub.children("door")) == 2, "children are started")
        os.kill(old, signal.SIGKILL)
        assert hub.process is not None
        await hub.process.wait()
        await hub.start()
        await until(lambda: [pid for pid in processes() if session_of(pid) == old] == [], "the old ones are gone")
        assert (len(hub.children("door")), len(hub.children("issuer"))) == (2, 1)
        await paid_in_cash(hub, 1)
        await confirmed(hub, 1)
    finally:
        await hub.kill()


async def test_a_hub_that_is_started_again_at_once_after_its_parent_was_killed(place: Town) -> None:
    hub = place.hub(2, 1)
    async with running(hub):
        hub.http = hub.ready["http"]
        os.kill(hub.pid, signal.SIGKILL)
        assert hub.process is not None
        await hub.process.wait()
        # its children may be alive for a moment yet: the port, the socket and the lock must be no obstacle
        await hub.start()
        await paid_in_cash(hub, 1)
        await confirmed(hub, 1)


@SHAPES
async def test_a_second_hub_on_the_same_data_is_refused(place: Town, doors: int, issuers: int) -> None:
    hub = place.hub(doors, issuers)
    async with running(hub):
        code, _out, err = await hub.command(
            "run", "-c", str(hub.units), "--data", str(hub.data), "--http", "127.0.0.1:0"
        )
        assert code == 3
        assert str(hub.pid) in err
        assert "BH-LED-006" in err
        await paid_in_cash(hub)  # the first one never noticed
        await confirmed(hub, 1)


@SHAPES
async def test_numbers_come_in_through_the_running_hub(tmp_path: Path, doors: int, issuers: int) -> None:
    async with town(tmp_path, numbers=0) as place:
        hub = place.hub(doors, issuers)
        async with running(hub):
            await paid_in_cash(hub, 3)
            reader = hub.reader()
            await until(lambda: reader.books()["bills"] == {"due": 3}, "they starve")
            code = f"410601{datetime.now(CHINA):%y}"
            words = ("numbers", "receive", "demo-hospital", code, "1", "2", "--data", str(hub.data))
            assert (await hub.command(*words))[0] == 0
            await until(lambda: reader.books()["bills"] == {"due": 1, "confirmed": 2}, "two are issued")
            exit_code, _out, err = await hub.command(*words)
            assert (exit_code != 0, "BH-LED-012" in err) == (True, True)
            words = ("numbers", "receive", "demo-hospital", code, "3", "9", "--data", str(hub.data))
            assert (await hub.command(*words))[0] == 0
            await confirmed(hub, 3)
            assert reader.books()["balanced"]
