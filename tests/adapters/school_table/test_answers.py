"""The summary a school gets, the mapping's goldens, and the simulated school over a socket and into a folder."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path

import pytest

from adapters.education.school_table.adapter import SchoolTable, connect
from hub.adapter import Answer, Delivery, Manifest, Outcome, Source
from hub.bill.event import Charge, Payment
from hub.errors import Fault, Park, Retry, define
from hub.mapping.load import load_mapping
from hub.simulators.school import School
from hub.yaml_text import read_yaml
from tests.adapters.bosssoft.conftest import served
from tests.adapters.school_table.conftest import NOW, ROW, delivery, read, text, with_cell

ROOT = Path("mappings/education/school_table")
TEST = read_yaml(ROOT / "fees.test.yaml").data
FEES = load_mapping(ROOT / "fees.yaml")
PARKED = define("BH-TST-911", Park, zh="待处理", en="parked", do_zh="等待", do_en="wait")
BUSY = define("BH-TST-912", Retry, zh="忙", en="busy", do_zh="稍后再发", do_en="again later")


def answer_of(source: SchoolTable) -> object:
    """A hub small enough for a test."""
    seen: set[str] = set()

    def answer(given: Delivery) -> Answer:
        try:
            messages = source.read(given)
        except Fault as fault:
            return source.answer(given, [], fault)
        results = []
        for message in messages:
            if message.fault is not None:
                results.append((message, Outcome("refused", message.fault)))
                continue
            results.append((message, Outcome("duplicate" if message.identity in seen else "applied")))
            seen.add(message.identity)
        return source.answer(given, results)

    return answer


@pytest.mark.parametrize("case", TEST["cases"], ids=[case["sample"] for case in TEST["cases"]])
def test_the_goldens_hold(case: dict[str, str]) -> None:
    at = datetime.fromisoformat(case["at"])
    messages = connect(TEST["settings"]).read(Delivery(body=(ROOT / case["sample"]).read_bytes(), received_at=at))
    made = []
    for message in messages:
        try:
            if message.fault is not None:
                raise message.fault
            assert FEES.matches(message.tree)
            events = [event.to_dict() for event in FEES.run(message.tree, at).events]
            made.append({"index": message.index, "events": events})
        except Fault as fault:
            made.append({"index": message.index, "fault": fault.code.code})
    expected = json.loads((ROOT / case["expect"]).read_text())["messages"]
    assert made == [{name: value for name, value in one.items() if name != "flags"} for one in expected]


def test_money_of_a_project_without_fiscal_bill_is_accounted(source: SchoolTable) -> None:
    (message,) = read(source, text(ROW.replace("学费", "教材费")))
    charge, payment = FEES.run(message.tree, NOW).events
    assert isinstance(charge, Charge)
    assert isinstance(payment, Payment)
    assert charge.items[0].receipt == "other"
    assert payment.amount_fen == charge.total_fen == 500000


def test_a_row_before_payment_and_after_it_name_one_charge(source: SchoolTable) -> None:
    unpaid = ROW.replace("5000.00,微信,LS1,2026-09-01 08:00:00", ",,,")
    (before,), (after,) = read(source, text(unpaid)), read(source, text(ROW))
    (owed,) = FEES.run(before.tree, NOW).events
    charge, payment = FEES.run(after.tree, NOW).events
    assert owed == charge
    assert payment.charge_no == owed.charge_no
    assert before.identity != after.identity


def test_the_summary_counts_every_row(source: SchoolTable) -> None:
    given = delivery(text(ROW, with_cell("姓名", "=1"), ROW.replace("LS1", "LS2"), ROW.replace("LS1", "LS3")))
    messages = source.read(given)
    places = [
        Outcome("applied"),
        Outcome("refused", messages[1].fault),
        Outcome("duplicate"),
        Outcome("parked", PARKED()),
    ]
    answer = source.answer(given, list(zip(messages, places, strict=True)))
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "rows": 4,
        "applied": 1,
        "duplicate": 1,
        "parked": 1,
        "refused": 1,
        "faults": [
            {"row": 3, "code": "BH-SCH-021", "what": "第 3 行“姓名”像公式", "column": "姓名"},
            {"row": 5, "code": "BH-TST-911", "what": "待处理"},
        ],
    }
    assert "测试甲" not in answer.body.decode()


def test_a_file_refused_as_a_whole_says_why(source: SchoolTable) -> None:
    with pytest.raises(Fault) as caught:
        read(source, b"x,y\n")
    refusal = source.answer(delivery(b""), [], caught.value)
    assert (refusal.status, json.loads(refusal.body)["error"]["code"]) == (422, "BH-SCH-005")
    assert source.answer(delivery(b""), [], BUSY()).status == 503


@pytest.mark.parametrize(
    ("misbehave", "code"),
    [
        ("wrong_total", "BH-SCH-026"),
        ("scientific_id", "BH-SCH-020"),
        ("formula", "BH-SCH-021"),
        ("no_student_no", "BH-SCH-022"),
    ],
)
async def test_a_school_uploads_and_one_bad_row_stops_nothing_else(
    source: SchoolTable, misbehave: str, code: str
) -> None:
    async with served(answer_of(source), "/in/demo-school/fees") as url:  # type: ignore[arg-type]
        school = School(6, misbehave)  # type: ignore[arg-type]
        rows = school.rows(3)
        first = await school.upload(url, "fees.xlsx", school.xlsx(rows))
        again = await school.upload(url, "fees.csv", school.csv(rows, "gb18030"), form=True)
    assert [fault["code"] for fault in first["faults"]] == [code]
    good = 9 if misbehave == "wrong_total" else 8
    assert (first["applied"], first["refused"], again["duplicate"]) == (good, 1, good)


async def test_it_runs_as_a_program(source: SchoolTable, tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.simulators.school", str(tmp_path), "--students", "3", "--encoding", "gb18030"
    )
    assert await program.wait() == 0
    (file,) = tmp_path.iterdir()
    assert len(read(source, file.read_bytes())) == 9
    half = School(1, "half").drop(tmp_path, "half.xlsx", School(1).xlsx(School(1).rows(9)))
    with pytest.raises(Fault):
        read(source, half.read_bytes())


def test_the_manifest_is_what_the_registry_reads(source: SchoolTable) -> None:
    manifest = Manifest.model_validate(read_yaml(Path("adapters/education/school_table/manifest.yaml")).data)
    assert (manifest.answers, manifest.reads, manifest.doors) == ("applied", "table", ("folder", "http"))
    assert isinstance(source, Source)
