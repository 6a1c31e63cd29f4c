from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from adapters.insurance.rest import faults
from adapters.insurance.rest.adapter import Rest, connect
from hub.adapter import Answer, Delivery, Manifest, Server, Source
from hub.bill.schemas import schemas
from hub.errors import Config, Reject, Retry, define
from tests.adapters.insurance_rest.port import Shelf, bill

REST = connect({"cursor_key": "0123456789abcdef0123456789abcdef"})
FOLDER = Path(__file__).parents[3] / "adapters" / "insurance" / "rest"
BILL = Draft202012Validator(json.loads(schemas()["bill.v1.json"]))
BUSY = define("BH-TST-931", Retry, zh="忙", en="busy", do_zh="稍后", do_en="later")


def question(path: str, query: str = "", **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(b"", datetime(2026, 11, 23, tzinfo=UTC), method="GET", path=path, query=query, headers=named)


def ask(shelf: Shelf, path: str, query: str = "", rest: Rest = REST, **headers: str) -> Answer:
    delivery = question(path, query, **headers)
    assert rest.serves(delivery)
    return rest.serve(delivery, shelf)


def page(shelf: Shelf, cursor: str = "", limit: int | None = None) -> dict[str, Any]:
    query = "&".join([f"cursor={cursor}"] * bool(cursor) + [f"limit={limit}"] * (limit is not None))
    answer = ask(shelf, "bills", query)
    assert (answer.status, answer.content_type) == (200, "application/json")
    told: dict[str, Any] = json.loads(answer.body)
    assert told.keys() == {"bills", "next", "more"}
    return told


def pull(shelf: Shelf, cursor: str = "", limit: int = 7) -> tuple[list[dict[str, Any]], str]:
    """Everything until nothing is left."""
    found = []
    while True:
        told = page(shelf, cursor, limit)
        found += told["bills"]
        cursor = told["next"]
        if not told["more"]:
            return found, cursor


def assert_refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    told: dict[str, Any] = json.loads(answer.body)
    assert told["code"] == code
    assert told["status"] == status
    assert told.keys() >= {"type", "title", "detail"}
    return told


def test_it_is_a_source_and_a_server() -> None:
    assert isinstance(REST, Source)
    assert isinstance(REST, Server)


def test_the_first_pull_of_an_empty_hub_still_gives_a_place_to_go_on_from() -> None:
    shelf = Shelf()
    told = page(shelf)
    assert told["bills"] == []
    assert not told["more"]
    shelf.put(bill(1))
    assert [one["id"] for one in page(shelf, told["next"])["bills"]] == ["b1"]


def test_bills_are_in_their_outer_shape() -> None:
    (told,) = page(Shelf(bill(1)))["bills"]
    BILL.validate(told)
    assert (told["bill_code"], told["bill_number"], told["total_fen"]) == ("41060126", "0000000001", 15000)


@given(st.integers(0, 40), st.integers(1, 12))
def test_pages_together_are_every_bill_once_and_in_order(count: int, limit: int) -> None:
    shelf = Shelf(*(bill(number) for number in range(count)))
    found, cursor = pull(shelf, limit=limit)
    assert [one["id"] for one in found] == [f"b{number}" for number in range(count)]
    assert len(shelf.asked) == max(1, -(-count // limit))  # `more` is told without asking for an empty page
    again = page(shelf, cursor)
    assert again["bills"] == []
    assert page(shelf, again["next"])["bills"] == []


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 4), st.integers(0, 30))
def test_whatever_changes_while_pages_are_pulled_is_seen_in_its_last_state(
    touched: list[int], limit: int, early: int
) -> None:
    shelf = Shelf()
    seen: dict[str, str] = {}
    cursor = ""
    for turn, number in enumerate(touched):
        shelf.put(bill(number, remark=f"change {turn}"))
        if turn < early:
            told = page(shelf, cursor, limit)
            cursor = told["next"]
            seen |= {one["id"]: one["remark"] for one in told["bills"]}
    found, _ = pull(shelf, cursor, limit)
    seen |= {one["id"]: one["remark"] for one in found}
    assert seen == {one.id: one.remark for _, one in shelf.rows}


def test_a_reversed_bill_comes_again_as_a_tombstone_and_its_red_bill_behind_it() -> None:
    shelf = Shelf(bill(1), bill(2))
    _, cursor = pull(shelf)
    shelf.put(
        bill(1, status="reversed", related=[{"relation": "reversed_by", "bill_code": "41060126", "bill_number": "3"}])
    )
    shelf.put(
        bill(3, face="red", related=[{"relation": "red_of", "bill_code": "41060126", "bill_number": "0000000001"}])
    )
    shelf.put(bill(4, status="void"))
    found, _ = pull(shelf, cursor)
    assert [(one["id"], one["status"], one["face"]) for one in found] == [
        ("b1", "reversed", "blue"),
        ("b3", "confirmed", "red"),
        ("b4", "void", "blue"),
    ]
    assert found[0]["related"][0]["relation"] == "reversed_by"


def test_the_same_cursor_gives_the_same_page() -> None:
    shelf = Shelf(*(bill(number) for number in range(5)))
    cursor = page(shelf, limit=2)["next"]
    assert page(shelf, cursor, 2) == page(shelf, cursor, 2)


def test_an_empty_cursor_is_the_beginning() -> None:
    shelf = Shelf(bill(1))
    assert json.loads(ask(shelf, "bills", "cursor=").body) == page(shelf)


def test_pages_hold_a_hundred_bills_unless_told_and_two_hundred_at_most() -> None:
    shelf = Shelf(*(bill(number) for number in range(250)))
    assert len(page(shelf)["bills"]) == 100
    assert len(page(shelf, limit=200)["bills"]) == 200
    assert page(shelf, limit=200)["more"]


@pytest.mark.parametrize(
    "limit", ["0", "201", "-1", "1.0", "1e2", "", "abc", "１０", "00001", "99999999999999999999", "%31%00"]
)
def test_a_bad_limit_is_refused(limit: str) -> None:
    told = assert_refused(ask(Shelf(), "bills", f"limit={limit}"), 400, "BH-INR-002")
    assert told["where"] == "limit"


@given(st.data())
def test_a_cursor_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    cursor = page(Shelf(bill(1)))["next"]
    at = data.draw(st.integers(0, len(cursor) - 2))  # of the last character some bits are padding
    other = data.draw(st.sampled_from("ABCDabcd0189-_").filter(lambda one: one != cursor[at]))
    shelf = Shelf(bill(1))
    assert_refused(ask(shelf, "bills", f"cursor={cursor[:at]}{other}{cursor[at + 1 :]}"), 404, "BH-INR-001")
    assert shelf.asked == []


@given(st.text(min_size=1, max_size=60))
def test_no_text_passes_for_a_cursor(text: str) -> None:
    assert_refused(ask(Shelf(), "bills", f"cursor={quote(text)}"), 404, "BH-INR-001")


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_a_cut_cursor_is_refused(cut: int) -> None:
    cursor = page(Shelf(bill(1)))["next"]
    assert_refused(ask(Shelf(), "bills", f"cursor={cursor[:-cut]}"), 404, "BH-INR-001")


def test_a_cursor_of_another_key_is_refused() -> None:
    other = connect({"cursor_key": b"another key, also long enough"})
    cursor = json.loads(ask(Shelf(bill(1)), "bills", rest=other).body)["next"]
    assert_refused(ask(Shelf(), "bills", f"cursor={cursor}"), 404, "BH-INR-001")


def test_a_cursor_shows_no_place_of_its_own_making() -> None:
    cursor = REST.cursors.make("insurance/rest", {"after": "1 or 1=1"})
    assert_refused(ask(Shelf(), "bills", f"cursor={cursor}"), 404, "BH-INR-001")
    cursor = REST.cursors.make("insurance/rest", {"elsewhere": 1})
    assert_refused(ask(Shelf(), "bills", f"cursor={cursor}"), 404, "BH-INR-001")


@pytest.mark.parametrize(
    "query", ["curser=x", "limit=1&limit=2", "limit", "a=1&b=2", "&".join(["limit=1"] * 20), "cursor=%ff"]
)
def test_a_query_that_is_not_understood_is_refused_not_ignored(query: str) -> None:
    assert_refused(ask(Shelf(bill(1)), "bills", query), 400, "BH-INR-003")


def test_one_bill_by_its_code_and_number() -> None:
    shelf = Shelf(bill(1), bill(2))
    answer = ask(shelf, "bills/41060126/0000000002")
    assert answer.status == 200
    assert json.loads(answer.body)["id"] == "b2"
    assert_refused(ask(shelf, "bills/41060126/0000000002", "key=1"), 400, "BH-INR-003")


@pytest.mark.parametrize(
    "path",
    [
        "bills/41060126/0000000009", "bills/41060127/0000000001", "bills/41060126", "claims", "",
        "bills/41060126/0000000001/items", "bills/../bills", "bills/41060126/%30", "bills//0000000001", "bills/４１/1",
        "bills/41060126/" + "1" * 65,
    ],
)  # fmt: skip
def test_what_the_caller_may_not_see_and_what_does_not_exist_look_the_same(path: str) -> None:
    answer = ask(Shelf(bill(1)), path)
    assert_refused(answer, 404, "BH-INR-004")
    assert answer.body == ask(Shelf(), "bills/41060126/0000000001").body


@given(st.text(max_size=40), st.text(max_size=60))
def test_any_question_gets_an_answer(path: str, query: str) -> None:
    answer = ask(Shelf(bill(1)), path, query)
    assert answer.status in (200, 400, 404)
    json.loads(answer.body)


def test_refusals_are_in_chinese_or_as_the_client_wishes_in_english() -> None:
    chinese = ask(Shelf(), "bills", "limit=0")
    english = ask(Shelf(), "bills", "limit=0", accept_language="en-GB,zh;q=0.5")
    assert json.loads(chinese.body)["title"] == "limit 应为 1 到 200 的整数"
    assert json.loads(english.body)["title"] == "limit must be a whole number from 1 to 200"
    assert ("Content-Language", "en") in english.headers


def test_answers_with_persons_in_them_are_kept_by_no_cache() -> None:
    for path in ("bills", "bills/41060126/0000000001", "nothing"):
        assert ("Cache-Control", "no-store") in ask(Shelf(bill(1)), path).headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_whatever_is_not_a_question_is_refused(method: str) -> None:
    delivery = Delivery(b"{}", datetime(2026, 11, 23, tzinfo=UTC), method=method, path="bills")
    assert not REST.serves(delivery)
    with pytest.raises(Reject) as refused:
        REST.read(delivery)
    answer = REST.answer(delivery, (), refused.value)
    assert_refused(answer, 405, "BH-INR-005")
    assert ("Allow", "GET, HEAD") in answer.headers
    assert_refused(REST.answer(delivery, ()), 405, "BH-INR-005")


def test_a_hub_that_is_busy_says_when_to_come_again() -> None:
    answer = REST.answer(question("bills"), (), BUSY())
    assert_refused(answer, 503, "BH-TST-931")
    assert ("Retry-After", "5") in answer.headers


@pytest.mark.parametrize("key", [{}, {"cursor_key": ""}, {"cursor_key": "short"}, {"cursor_key": b"fifteen bytes.."}])
def test_without_a_good_key_the_source_does_not_start(key: dict[str, Any]) -> None:
    with pytest.raises(Config) as wrong:
        connect(key)
    assert wrong.value.code is faults.CURSOR_KEY


def test_the_manifest_declares_what_the_source_takes() -> None:
    manifest = Manifest.model_validate(yaml.safe_load((FOLDER / "manifest.yaml").read_text(encoding="utf-8")))
    assert manifest.adapter == "insurance/rest"
    assert [setting.name for setting in manifest.settings] == ["cursor_key"]


def test_every_refusal_is_in_the_readme() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for fault in (faults.BAD_CURSOR, faults.BAD_LIMIT, faults.BAD_QUERY, faults.NO_SUCH, faults.READ_ONLY):
        assert fault.code in readme
