"""An insurer pulls what is its own to see, page by page, and is told plainly when something is not."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import jsonschema
import pytest

from tests.api.conftest import Client, issue
from tests.badinput.hub import Hub


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem document that is whole."""
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    assert told["type"] == f"urn:billhub:fault:{told['code']}"
    return answer.status_code, told["code"]


async def pull(client: httpx.AsyncClient, cursor: str = "", limit: int = 200) -> tuple[list[dict[str, Any]], str]:
    """All changes after a cursor, and the cursor after them."""
    bills: list[dict[str, Any]] = []
    while True:
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/bills", params=query)).json()
        assert len(page["bills"]) <= limit
        bills += page["bills"]
        cursor = page["next"]
        if not page["more"]:
            return bills, cursor


@pytest.mark.parametrize("shown", ["", "Basic eDp5", "Bearer", "Bearer nonsense", "Bearer bh_000000000000_x"])
async def test_without_a_good_key_nothing_is_told(client: Client, shown: str) -> None:
    async with client("") as http:
        answer = await http.get("/api/v1/bills", headers={"Authorization": shown} if shown else {})
    assert problem(answer) == (401, "BH-SEC-030")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_key_with_another_secret_is_refused(hub: Hub, client: Client) -> None:
    async with client(hub.world.insurer_key[:-1] + "!") as http:
        assert problem(await http.get("/api/v1/bills"))[0] == 401


async def test_every_bill_comes_once_over_pages_of_any_size(hub: Hub, client: Client) -> None:
    charges = await issue(hub, 1, 5)
    async with client(hub.world.insurer_key) as http:
        whole, end = await pull(http)
        assert {bill["charge_no"] for bill in whole} >= set(charges)
        assert len({bill["bill_number"] for bill in whole}) == len(whole)
        for limit in (1, 2, 200):
            assert (await pull(http, limit=limit))[0] == whole
        assert (await pull(http, end))[0] == []
        more = await issue(hub, 2, 1)
        assert [bill["charge_no"] for bill in (await pull(http, end))[0]] == more


async def test_a_reversal_comes_again_as_a_change(hub: Hub, client: Client) -> None:
    charge, *_ = await issue(hub, 3, 1)
    async with client(hub.world.insurer_key) as http:
        _, end = await pull(http)
        await _withdraw(hub, charge)
        hub.wait(lambda: sorted(hub.statuses(charge)) == ["confirmed", "reversed"])
        changed = {(bill["face"], bill["status"]) for bill in (await pull(http, end))[0]}
        assert changed >= {("blue", "reversed"), ("red", "confirmed")}


async def _withdraw(hub: Hub, charge: str) -> None:
    """The HIS takes back every line, and the cash is given back with it."""
    from hub.simulators.hospital_hl7 import HospitalHl7

    async with HospitalHl7(*hub.mllp(), seed=3) as his:
        sent = his.writer.charge(cash=True)
        assert sent.charge_no == charge
        body, control_id = his.writer.credited(sent)
        assert (await his.told(body.replace(control_id.encode(), b"C1"), "C1")).code == "AA"


async def test_one_bill_by_its_number(hub: Hub, client: Client) -> None:
    await issue(hub, 4, 1)
    async with client(hub.world.insurer_key) as http:
        bill = (await pull(http))[0][0]
        where = f"/api/v1/bills/{bill['bill_code']}/{bill['bill_number']}"
        assert (await http.get(where)).json() == bill
        head = await http.head(where)
        assert (head.status_code, head.content) == (200, b"")
        assert problem(await http.get(f"/api/v1/bills/{bill['bill_code']}/9999999999")) == (404, "BH-INR-004")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=-1", "curser=a", "limit=1&limit=2"])
async def test_a_question_that_cannot_be_understood_is_not_guessed_at(hub: Hub, client: Client, query: str) -> None:
    async with client(hub.world.insurer_key) as http:
        assert problem(await http.get(f"/api/v1/bills?{query}"))[0] == 400


async def test_a_cursor_that_was_changed_is_refused(hub: Hub, client: Client) -> None:
    async with client(hub.world.insurer_key) as http:
        _, end = await pull(http)
        raw = bytearray(base64.urlsafe_b64decode(end + "=" * (-len(end) % 4)))
        raw[-2] ^= 1
        forged = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        for cursor in (forged, "", "!", "A" * 5000):
            answer = await http.get("/api/v1/bills", params={"cursor": cursor})
            assert answer.status_code == (200 if cursor == "" else 404)


async def test_addresses_and_methods_that_are_not_there(hub: Hub, client: Client) -> None:
    async with client(hub.world.insurer_key) as http:
        assert problem(await http.get("/api/v1/nothing")) == (404, "BH-API-002")
        posted = await http.post("/api/v1/bills")
        assert problem(posted) == (405, "BH-API-003")
        assert "GET" in posted.headers["allow"]


async def test_scopes_and_what_an_insurer_sees(hub: Hub, client: Client) -> None:
    """A new insurer is let in by a reload; one without bills:read is told so; `sees: issued` does not wait."""
    keys = hub.world.units / "keys" / "hospital"
    made = {}
    for name in ("eager", "claims-only"):
        code, said = hub.billhub("keys", "insurer", name, "--out", str(keys))
        assert code == 0
        made[name] = said.split()[0]
    named = (
        "  - {id: demo-life, scopes: [bills:read]}",
        """\
  - {id: demo-life, scopes: [bills:read]}
  - {id: eager, scopes: [bills:read], sees: issued}
  - {id: claims-only, scopes: [bills:claim]}""",
    )
    async with client(made["eager"]) as eager, client(made["claims-only"]) as claims:
        assert problem(await eager.get("/api/v1/bills"))[0] == 401
        hub.edit("hospital", named)
        hub.reload()
        hub.wait(lambda: "read anew" in hub.log())
        await _until(eager, 200)
        assert problem(await claims.get("/api/v1/bills")) == (403, "BH-SEC-031")
        await _platform_away(hub, eager, client)


async def _until(http: httpx.AsyncClient, status: int) -> None:
    for _ in range(500):
        if (await http.get("/api/v1/bills", params={"limit": "1"})).status_code == status:
            return
    raise AssertionError(status)


async def _platform_away(hub: Hub, eager: httpx.AsyncClient, client: Client) -> None:
    from hub.simulators.fiscal_books import Mood
    from hub.simulators.hospital_hl7 import HospitalHl7

    hub.town.platform.mood = Mood("down")
    async with HospitalHl7(*hub.mllp(), seed=9) as his, client(hub.world.insurer_key) as patient:
        charge, _ = await his.send_charge(cash=True)
        hub.wait(lambda: hub.statuses(charge.charge_no) == ["issued"])
        _, place = await pull(patient)

        def told(bills: list[dict[str, Any]]) -> list[str]:
            return [bill["status"] for bill in bills if bill["charge_no"] == charge.charge_no]

        assert told((await pull(eager))[0]) == ["issued"]
        assert told((await pull(patient))[0]) == []
        hub.town.platform.mood = Mood()
        hub.wait(lambda: hub.statuses(charge.charge_no) == ["confirmed"])
        assert told((await pull(patient, place))[0]) == ["confirmed"]


async def test_the_document_describes_what_is_answered(hub: Hub, client: Client) -> None:
    await issue(hub, 11, 1)
    async with client(hub.world.insurer_key) as http:
        document = (await http.get("/api/openapi.json")).json()
        page = (await http.get("/api/v1/bills")).json()
        refused = (await http.get("/api/v1/bills", params={"limit": "0"})).json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/api/v1/bills", "/api/v1/bills/{bill_code}/{bill_number}"}
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for path in document["paths"].values():
        assert set(path) == {"get"}
        assert path["get"]["security"] == [{"HTTPBearer": []}]
        assert {"200", "400", "401", "403", "503"} <= set(path["get"]["responses"])
        assert "422" not in path["get"]["responses"]
    for reference in _references(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    for name, told in (("Page", page), ("Problem", refused)):
        jsonschema.Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"}).validate(told)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []
