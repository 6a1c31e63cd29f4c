"""An insurer's key of one unit learns nothing of another: no bill, no id, no count, no hint that it is there.

Every endpoint that the OpenAPI document names is asked; one that is added and not asked here fails the test.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.api.access import write_key
from hub.bill.bill import Bill, Unit
from hub.bill.line import Item
from hub.bill.money import Fen
from hub.bill.party import Payer
from hub.config import load_units
from hub.engine.embedded.home import Home
from hub.ledger import aad
from hub.ledger.records import Work
from hub.processes.app import app_over
from hub.security.tokens import new_key
from tests.api.test_access import UNIT
from tests.ledger.book import CODE, VAULT, Book, SqliteBook, sign
from tests.ledger.test_turns import TENANTS, paid

ASKED = {"/api/v1/bills", "/api/v1/bills/{bill_code}/{bill_number}"}


@dataclass
class Twins:
    """Two units with bills under the same charges, and a key of each."""

    book: Book
    http: httpx.AsyncClient
    runner: asyncio.Runner
    keys: dict[str, str]
    numbers: dict[str, list[str]]

    def ask(self, path: str, key: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.runner.run(self.http.get(path, headers=headers))

    def issue(self, unit: str, *charges: str) -> None:
        self.book.apply(*(paid(unit, no) for no in charges))
        for work in self.book.work():
            self.book.apply(issued=[msgspec.structs.replace(sign(work, self.book.now), document=_document(work))])
            self.numbers[work.unit].append(work.bill_number)


def _document(work: Work) -> bytes:
    bill = Bill(
        id=work.bill_id,
        status="issued",
        kind="medical_outpatient",
        unit=Unit(id=work.unit, name=f"unit-{work.unit}", uscc="12410000415800000X", region="410100"),
        bill_name="医疗门诊收费票据",
        bill_code=work.bill_code,
        bill_number=work.bill_number,
        charge_no=work.charge_no,
        payer=Payer(name="张三"),
        items=(Item(code="03", name="检查费", amount_fen=Fen(work.total)),),
        total_fen=Fen(work.total),
        paid_fen=Fen(work.total),
    )
    return VAULT.seal(work.unit, aad.document_aad(work.bill_id, "json"), bill.to_json())


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("twins")
    book = SqliteBook(rules=TENANTS, folder=folder / "data")
    keys = {}
    for place, unit in enumerate(("a", "b")):
        book.ledger.receive_numbers(unit, CODE, str(1000 * place + 1), str(1000 * place + 1000), book.now, "test")
        (folder / f"{unit}.yaml").write_text(UNIT.format(id=unit, scopes="bills:read", sees="issued"), "utf-8")
        (folder / "keys" / unit).mkdir(parents=True)
        keys[unit], stored = new_key("life", ("bills:read",))
        write_key(folder / "keys" / unit, stored)
    app = app_over(book.reader(), VAULT, Home(folder / "data"), load_units(Path(folder)))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub", trust_env=False)
    made = Twins(book, http, asyncio.Runner(), keys, {"a": [], "b": []})
    for n in range(4):
        made.issue("b", f"C{2 * n}", f"C{2 * n + 1}")
        made.issue("a", f"C{n}")
    yield made
    made.runner.run(http.aclose())
    made.runner.close()
    book.close()


def test_every_endpoint_is_asked_here(twins: Twins) -> None:
    document = twins.ask("/api/openapi.json", "").json()
    assert set(document["paths"]) == ASKED
    told = json.dumps(document)
    assert all(f"unit-{unit}" not in told for unit in ("a", "b"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    unit=st.sampled_from(["a", "b"]),
    code=st.sampled_from([CODE, "41060125", "51060126"]),
    number=st.integers(1, 2000),
    data=st.data(),
)
def test_anothers_bill_is_as_absent_as_one_that_never_was(
    twins: Twins, unit: str, code: str, number: int, data: st.DataObject
) -> None:
    other = "b" if unit == "a" else "a"
    foreign = data.draw(st.sampled_from(twins.numbers[other]))
    nowhere = f"{number + 5000:010d}"
    never = twins.ask(f"/api/v1/bills/{code}/{nowhere}", twins.keys[unit])
    theirs = twins.ask(f"/api/v1/bills/{CODE}/{foreign}", twins.keys[unit])
    assert (theirs.status_code, theirs.content) == (404, never.content)
    assert dict(theirs.headers) == dict(never.headers)
    mine = data.draw(st.sampled_from(twins.numbers[unit]))
    own = twins.ask(f"/api/v1/bills/{CODE}/{mine}", twins.keys[unit])
    assert (own.status_code, own.json()["unit"]["id"]) == (200, unit)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(unit=st.sampled_from(["a", "b"]), limit=st.integers(1, 9))
def test_pages_hold_ones_own_and_their_cursors_count_nothing(twins: Twins, unit: str, limit: int) -> None:
    found: list[str] = []
    cursors: set[str] = set()
    cursor = ""
    while True:
        query = f"?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        answer = twins.ask(f"/api/v1/bills{query}", twins.keys[unit])
        page = answer.json()
        assert {bill["unit"]["id"] for bill in page["bills"]} <= {unit}
        other = "unit-b" if unit == "a" else "unit-a"
        assert other not in answer.text
        found += [bill["bill_number"] for bill in page["bills"]]
        cursor = page["next"]
        cursors.add(cursor)
        if not page["more"]:
            break
    assert found == twins.numbers[unit]
    assert len({len(one) for one in cursors}) == 1
    for one in cursors:
        opened = base64.urlsafe_b64decode(one + "=" * (-len(one) % 4))
        assert b"after" not in opened, "the place in the sequence of all units stands in it"
        assert not opened.isascii()


def test_an_end_without_news_stays_what_it_was_whatever_others_do(twins: Twins) -> None:
    before = twins.ask("/api/v1/bills?limit=100", twins.keys["a"]).content
    twins.issue("b", "new-of-b")
    assert twins.ask("/api/v1/bills?limit=100", twins.keys["a"]).content == before
    twins.issue("a", "new-of-a")
    assert twins.ask("/api/v1/bills?limit=100", twins.keys["a"]).content != before


@pytest.mark.parametrize("path", ["/api/v1/bills", f"/api/v1/bills/{CODE}/0000000001"])
def test_a_key_that_opens_nothing_is_refused_alike(twins: Twins, path: str) -> None:
    stranger, _ = new_key("life", ("bills:read",))
    refused = [twins.ask(path, key) for key in ("", "nonsense", stranger)]
    assert {(answer.status_code, answer.content) for answer in refused} == {(401, refused[0].content)}
