"""The simulated hospital against the adapter, over real sockets and as a program."""

from __future__ import annotations

import asyncio
import json
import sys

from adapters.his.bosssoft.adapter import Bosssoft
from hub.adapter import Answer, Delivery, Outcome
from hub.errors import Fault
from hub.simulators.hospital_bosssoft import Hospital
from tests.adapters.bosssoft.conftest import bill, served

PREFIX = "/in/demo-hospital/his"


class Desk:
    """A hub small enough for a test: gives each new identity the next number."""

    def __init__(self, source: Bosssoft) -> None:
        self.source = source
        self.numbers: dict[str, int] = {}

    def __call__(self, delivery: Delivery) -> Answer:
        try:
            messages = self.source.read(delivery)
        except Fault as fault:
            return self.source.answer(delivery, [], fault)
        results = []
        for message in messages:
            number = self.numbers.setdefault(message.identity, len(self.numbers) + 1)
            made = bill(bill_number=f"{number:010d}")
            results.append((message, Outcome("applied", bill=made, red=made)))
        return self.source.answer(delivery, results)


async def test_a_hospital_gets_its_bills_over_a_socket(source: Bosssoft) -> None:
    async with served(Desk(source), PREFIX) as url:
        hospital = Hospital(url, seed=9)
        data = hospital.bill("inpatient")
        first = await hospital.issue(data, "inpatient")
        again = await hospital.issue(data, "inpatient")
        other = await hospital.issue(hospital.bill("registration"), "registration")
        forged = await hospital.issue(hospital.bill(), misbehave="bad_sign")
        hospital.form = True
        by_form = await hospital.issue(hospital.bill())
        back = await hospital.write_off("32060126", first.message["billNo"])
    assert first.ok
    assert first.message["billNo"] == again.message["billNo"] == "0000000001"
    assert other.message["billNo"] == "0000000002"
    assert forged.result == "E1001"
    assert by_form.message["billNo"] == "0000000003"
    assert back.message["eScarletBillNo"] == "0000000004"


async def test_it_runs_as_a_program(source: Bosssoft) -> None:
    async with served(Desk(source), PREFIX) as url:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub.simulators.hospital_bosssoft", url, "--bills", "2", "--repeat",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await program.communicate()
    numbers = [json.loads(line)["billNo"] for line in out.decode().splitlines()]
    assert program.returncode == 0
    assert numbers == ["0000000001", "0000000001", "0000000002", "0000000002"]


def test_the_seed_fixes_the_patients() -> None:
    assert Hospital("", seed=4).bill()["payer"] == Hospital("", seed=4).bill()["payer"]
    assert Hospital("", seed=4).bill()["idCardNo"] != Hospital("", seed=5).bill()["idCardNo"]
