"""Wrong addresses and broken HTTP: a status, a code, never a stack trace; nothing is kept for nobody."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.badinput.hub import Hub
from tests.badinput.say import NAME, dft, holds_person

PLACES = {
    "an unknown unit": ("/in/nobody/his", 404, "BH-DOR-010"),
    "an unknown source": ("/in/demo-hospital/nothing", 404, "BH-DOR-010"),
    "no source": ("/in/demo-hospital", 404, "BH-DOR-010"),
    "a path upwards": ("/in/demo-hospital/%2e%2e/his", 400, "BH-DOR-013"),
    "an overlong address": ("/in/demo-hospital/" + "a" * 9000, 414, "BH-DOR-014"),
}


@pytest.mark.parametrize("name", PLACES)
async def test_a_wrong_address_is_told_and_nothing_is_kept(hub: Hub, name: str) -> None:
    path, status, code = PLACES[name]
    before = hub.books()
    got, body = await _raw(hub, f"POST {path} HTTP/1.1", dft("1").encode())
    assert got == status
    assert code.encode() in body
    assert not holds_person(body)
    assert hub.books() == before


async def _raw(hub: Hub, line: str, body: bytes) -> tuple[int, bytes]:
    host, _, port = hub.ready["http"].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{line}\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), rest


async def test_no_http_at_all(hub: Hub) -> None:
    status, body = await _raw(hub, f"GIB MIR {NAME}", b"")
    assert status == 400
    assert b"BH-DOR-012" in body
    assert not holds_person(body)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_told_413_and_noted(hub: Hub, chunked: bool) -> None:
    size = 17 * 1024 * 1024

    async def parts():
        for _ in range(17):
            yield b"x" * (1024 * 1024)

    with hub.counted("demo-hospital/alipay", refused=1):
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            content = parts() if chunked else b"x" * size
            answer = await client.post(hub.url("demo-hospital/alipay"), content=content)
    assert answer.status_code == 413
    code, kept = hub.last_refused()
    assert code == "BH-DOR-016"
    assert kept == (b"x" * 256 * 1024 if chunked else b"")


async def test_pages_and_apis_hide_what_went_wrong(hub: Hub) -> None:
    async with httpx.AsyncClient(timeout=20, trust_env=False, base_url=f"http://{hub.ready['http']}") as client:
        for path in ("/nothing", "/api/v1/nothing", "/console/nothing", "/api/v1/bills?limit=NaN"):
            answer = await client.get(path, headers={"accept": "application/json"})
            assert 400 <= answer.status_code < 500, path
            assert "Traceback" not in answer.text
