"""Verbs while a hub runs on the data: looking needs nobody, writing goes through the hub."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import pytest

from hub.simulators.hospital_hl7 import HospitalHl7
from tests.badinput.hub import Hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    running = Hub(tmp_path_factory.mktemp("hub"), numbers=100)
    try:
        yield running.start()
        assert running.stop() == 0
    finally:
        running.close()


async def test_a_reveal_is_a_row_of_the_running_hubs_audit(hub: Hub) -> None:
    async with HospitalHl7(*hub.mllp(), seed=1) as his:
        charge, _ = await his.send_charge(cash=True)
    hub.wait(lambda: hub.statuses(charge.charge_no) == ["confirmed"])
    data = ("--data", str(hub.world.data))
    code, masked = hub.billhub("bills", charge.charge_no, "--json", *data)
    assert (code, charge.patient.name in masked) == (0, False)
    code, revealed = hub.billhub("bills", charge.charge_no, "--json", "--reveal", "核对身份", *data)
    assert code == 0
    assert json.loads(revealed)["payer"]["name"] == charge.patient.name
    with sqlite3.connect(f"file:{hub.world.data / 'ledger.db'}?mode=ro", uri=True) as ledger:
        rows = ledger.execute("SELECT action, subject, reason FROM audit WHERE action = 'bills.reveal'").fetchall()
    assert rows == [("bills.reveal", charge.charge_no, "核对身份")]


def test_numbers_go_through_the_running_hub(hub: Hub) -> None:
    data = ("--data", str(hub.world.data))
    taken = ("numbers", "receive", "demo-hospital", "41060199", "1", "10")
    assert hub.billhub(*taken, *data)[0] == 0
    code, said = hub.billhub(*taken, *data)
    assert (code, "BH-LED-012" in said) == (1, True)


def test_a_second_hub_is_refused_with_the_pid_of_the_first(hub: Hub) -> None:
    code, said = hub.run_to_end()
    assert code == 3
    assert str(hub.ready["pid"]) in said
