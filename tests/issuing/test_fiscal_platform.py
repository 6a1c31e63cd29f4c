"""The simulated fiscal platform, over real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hub.issuing.einvoice import einvoice_body, envelope, signed_bytes
from hub.issuing.signing import UnitSigner
from hub.issuing.verify import verify_einvoice
from hub.security.authority import new_authority
from hub.security.certificates import Trust, read_certificates
from hub.security.pkcs8 import spki_of
from hub.simulators.fiscal_platform import FiscalPlatform, serving
from tests.issuing.samples import DAY, NOW, PROFILE, World, bill, certified
from tests.security import openssl


@pytest.fixture(name="keys")
def _keys(world: World, tmp_path: Path) -> Path:
    world.write(tmp_path / "unit", tmp_path / "platform" / "units")
    return tmp_path / "platform"


@pytest.fixture(name="client")
async def _client(keys: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(FiscalPlatform(keys)) as bound,
        httpx.AsyncClient(base_url=f"http://{bound}", timeout=10, trust_env=False) as client,
    ):
        yield client


async def refusal(client: httpx.AsyncClient, xml: bytes) -> tuple[int, str]:
    answer = await client.post("/sign", content=xml)
    return answer.status_code, answer.json()["code"]


async def test_it_countersigns_the_same_bytes(
    world: World, client: httpx.AsyncClient, keys: Path, tmp_path: Path
) -> None:
    xml = world.document()
    answer = await client.post("/sign", content=xml)
    assert answer.status_code == 200
    both = answer.content
    assert signed_bytes(both) == signed_bytes(xml)
    assert both.startswith(xml.removesuffix(b"</EInvoiceSignature></EInvoice>"))
    block = both.decode().split("<SupervisorPartySignature>")[1]
    value = b64decode(block.split("<SignatureValue>")[1].split("<")[0])
    supervisor = read_certificates(keys / "supervisor.cert.pem")[0]
    assert openssl.accepts(tmp_path, spki_of(supervisor.public), signed_bytes(xml), value)
    trust = Trust([world.root.certificate, *read_certificates(keys / "ca.cert.pem")])
    assert verify_einvoice(both, trust).ok


async def test_the_same_document_again_gets_the_same_answer(world: World, client: httpx.AsyncClient) -> None:
    xml = world.document()
    answers = await asyncio.gather(*(client.post("/sign", content=xml) for _ in range(6)))
    assert len({answer.content for answer in answers}) == 1
    other = world.document(remark="another bill with the same number")
    assert await refusal(client, other) == (409, "NUMBER_USED")
    state = (await client.get("/state", params={"code": "41060126", "number": "0000000017"})).json()
    assert state["xml"].encode() == answers[0].content
    assert (await client.get("/state", params={"code": "41060126", "number": "0000000099"})).json() == {
        "state": "unknown"
    }
    assert (await client.get("/state")).json() == {"countersigned": 1, "refused": 1}


async def test_what_it_refuses(world: World, client: httpx.AsyncClient) -> None:
    xml = world.document()
    body = einvoice_body(bill(), PROFILE)
    stranger = certified(new_authority("单位证书根", NOW - DAY, NOW + DAY), "示例人民医院")
    strange = envelope(body, UnitSigner([(stranger.key, stranger.certificate)]).sign(body, NOW))
    wrong = body.replace(b"<TotalAmount>50.05", b"<TotalAmount>50.06")
    assert await refusal(client, xml.replace(b"50.05", b"50.06")) == (422, "BAD_SIGNATURE")
    assert await refusal(client, strange) == (422, "UNKNOWN_UNIT")
    assert await refusal(client, envelope(wrong, world.sign(wrong))) == (422, "BAD_SUM")
    assert await refusal(client, b"<!DOCTYPE x>" + xml) == (400, "NOT_A_BILL")
    assert await refusal(client, b"nonsense") == (400, "NOT_A_BILL")
    assert (await client.post("/elsewhere", content=xml)).status_code == 404
    assert (await client.post("/sign", content=xml)).status_code == 200


async def test_a_unit_admitted_later_is_known(world: World, client: httpx.AsyncClient, keys: Path) -> None:
    root = new_authority("另一根", NOW - DAY, NOW + DAY)
    unit = certified(root, "另一单位")
    body = einvoice_body(bill(bill_number="0000000077"), PROFILE)
    xml = envelope(body, UnitSigner([(unit.key, unit.certificate)]).sign(body, NOW))
    assert await refusal(client, xml) == (422, "UNKNOWN_UNIT")
    (keys / "units" / "other.pem").write_bytes(root.certificate.pem)
    assert (await client.post("/sign", content=xml)).status_code == 200


async def test_it_misbehaves_as_told(world: World, client: httpx.AsyncClient) -> None:
    xml = world.document()
    place = {"code": "41060126", "number": "0000000017"}
    await client.post("/misbehave", json={"mode": "down", "times": 2})
    assert [(await client.post("/sign", content=xml)).status_code for _ in range(2)] == [503, 503]
    await client.post("/misbehave", json={"mode": "cut", "times": 1})
    with pytest.raises(httpx.TransportError):
        await client.post("/sign", content=xml)
    assert (await client.get("/state", params=place)).json() == {"state": "unknown"}
    await client.post("/misbehave", json={"mode": "lost", "times": 1})
    with pytest.raises(httpx.TransportError):
        await client.post("/sign", content=xml)
    state = (await client.get("/state", params=place)).json()
    assert state["state"] == "countersigned"
    assert (await client.post("/sign", content=xml)).content == state["xml"].encode()
    await client.post("/misbehave", json={"mode": "slow", "seconds": 30})
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/sign", content=xml, timeout=0.2)
    await client.post("/misbehave", json={"mode": "none"})
    assert (await client.post("/sign", content=xml)).status_code == 200
    assert (await client.post("/misbehave", json={"mode": "nonsense"})).status_code == 400
    assert (await client.post("/misbehave", content=b"{")).status_code == 400


def test_the_program_opens_signs_and_stops(world: World, keys: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "hub.simulators.fiscal_platform", "--keys", str(keys), "--ready", str(ready)]
    for _ in range(2):  # the second start finds its keys
        with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as program:
            try:
                while not ready.exists():
                    assert program.poll() is None
                    os.sched_yield()
                told = json.loads(ready.read_bytes())
                answer = httpx.post(f"http://{told['http']}/sign", content=world.document(), trust_env=False)
                trust = Trust([world.root.certificate, *read_certificates(Path(told["ca"]))])
                assert verify_einvoice(answer.content, trust).ok
            finally:
                program.send_signal(signal.SIGTERM)
            assert program.wait(10) == 0
        ready.unlink()
