"""deploy/ as a whole: a payment becomes a bill, and no role can do more than it must."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
import yaml

from hub.engine.cluster.connection import client_options
from hub.engine.cluster.knock import check_writing
from hub.engine.cluster.topics import topics_of
from hub.errors import Config
from hub.hubfile import load_hub
from hub.simulators.hospital_hl7 import HospitalHl7
from tests.deploy.site import DEPLOY, ROLES, Machine, Site, site
from tests.docs.blocks import BIN

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machines(place: Site) -> AsyncIterator[dict[str, Machine]]:
    """Every role, the worker first: it makes the topics."""
    running: dict[str, Machine] = {}
    try:
        for role in ROLES:
            running[role] = place.machine(role)
            await running[role].start(place.world.units)
        yield running
        assert [await machine.end() for machine in running.values()] == [0] * len(running)
        for machine in running.values():
            assert "leases are left to run out" not in machine.log  # who never leased has nothing to give back
    finally:
        for machine in running.values():
            if machine.process is not None and machine.process.returncode is None:
                machine.process.kill()
                await machine.process.wait()


async def _ask(place: Site, role: str, question: str) -> object:
    """Asks the database with a role's own login."""
    line = await asyncpg.connect(load_hub(place.machine(role).folder / "credentials/hub.yaml").dsn())
    try:
        return await line.fetchval(question)
    finally:
        await line.close()


async def _code(*words: str) -> int:
    asked = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
    return await asked.wait()


async def test_a_payment_becomes_a_bill(place: Site, machines: dict[str, Machine]) -> None:
    host, _, port = machines["door"].ready["doors"]["demo-hospital/his"].rpartition(":")
    async with HospitalHl7(host, int(port), timeout=30) as his:
        for _ in range(3):
            assert (await his.send_charge(cash=True))[1].code == "AA"
    async with asyncio.timeout(60):
        while await _ask(place, "console", "SELECT count(*) FROM bill WHERE status = 'issued'") != 3:
            await asyncio.sleep(0.1)


async def test_probes_and_pages_answer_as_the_containers_ask(machines: dict[str, Machine]) -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    for role in ("door", "console"):
        http = machines[role].ready["http"]
        _, program, *words = services[role]["healthcheck"]["test"]
        asks = [word.replace("127.0.0.1:8080", http) for word in words]
        assert asks != words
        codes = [await _code(str(BIN / program), *asks)]
        while codes[-1] != 0 and len(codes) < services[role]["healthcheck"]["retries"]:
            codes.append(await _code(str(BIN / program), *asks))  # the first page loads what shows pages
        assert codes[-1] == 0
        async with httpx.AsyncClient(timeout=60) as browser:
            for page in ("/console/", "/metrics"):
                answer = await browser.get(f"http://{http}{page}")
                assert answer.status_code == 200, answer.text[:300]
    for role in ("worker", "issuer", "relay"):
        _, *words = services[role]["healthcheck"]["test"]
        here = [word.replace("/run/billhub", str(machines[role].folder / "run")) for word in words]
        assert subprocess.run(here).returncode == 0


async def test_a_relay_with_nobody_to_talk_to_is_ready_too(place: Site, machines: dict[str, Machine]) -> None:
    (units := place.folder / "silent").mkdir()
    shutil.copytree(place.world.units / "keys", units / "keys")
    shutil.copy(place.world.units / "school.yaml", units)
    machine = place.machine("relay", "silent-relay")
    await machine.start(units)
    assert machine.ready["doors"] == {}
    assert await machine.end() == 0


@pytest.mark.parametrize(
    ("role", "question"),
    [
        ("door", "DELETE FROM bill"),
        ("door", "SELECT count(*) FROM journal"),
        ("door", "SELECT sealed FROM refused"),
        ("console", "DELETE FROM bill"),
        ("worker", "DROP TABLE bill"),
        ("issuer", "DELETE FROM audit"),
        ("relay", "CREATE TABLE mine (a int)"),
    ],
)
async def test_no_login_may_more_than_its_role(
    place: Site, machines: dict[str, Machine], role: str, question: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _ask(place, role, question)


async def test_nobody_comes_without_tls(place: Site, machines: dict[str, Machine]) -> None:
    dsn = load_hub(place.machine("worker").folder / "credentials/hub.yaml").dsn()
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="no encryption"):
        await asyncpg.connect(dsn.partition("?")[0], ssl=False)


async def test_a_worker_may_not_write_to_kafka(place: Site, machines: dict[str, Machine]) -> None:
    hub = load_hub(place.machine("worker").folder / "credentials/hub.yaml")
    with pytest.raises(Config, match=r"BH-CLU-.*write"):
        await check_writing(client_options(hub), topics_of(hub.kafka))


async def test_secrets_are_made_once_and_are_their_owners(place: Site, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in place.secrets.iterdir()}
    environment = {**os.environ, "SAN": "IP:127.0.0.1"}
    subprocess.run(["sh", str(DEPLOY / "secrets.sh"), str(place.secrets)], env=environment, check=True, timeout=60)
    assert {path.name: path.read_bytes() for path in place.secrets.iterdir()} == before
    open_to_all = {path.name for path in place.secrets.iterdir() if path.stat().st_mode & 0o007}
    assert open_to_all == {"ca.pem", "postgres.crt"}
