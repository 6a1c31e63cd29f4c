"""One running hub a module, with the insurers its units name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from hub.simulators.hospital_hl7 import HospitalHl7
from tests.badinput.hub import Hub

Client = Callable[[str], httpx.AsyncClient]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    running = Hub(tmp_path_factory.mktemp("hub"), numbers=1000)
    try:
        yield running.start()
        assert running.stop() == 0
    finally:
        running.close()


@pytest.fixture
def client(hub: Hub) -> Client:
    """Makes a client that shows a key, or none."""

    def make(key: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(base_url=f"http://{hub.ready['http']}", headers=headers, trust_env=False, timeout=10)

    return make


async def issue(hub: Hub, seed: int, count: int) -> list[str]:
    """Bills of charges paid in cash, once they are confirmed; their charge numbers."""
    async with HospitalHl7(*hub.mllp(), seed=seed) as his:
        made = [await his.send_charge(cash=True) for _ in range(count)]
    charges = [charge.charge_no for charge, _ in made]
    hub.wait(lambda: all(hub.statuses(charge) == ["confirmed"] for charge in charges))
    return charges
