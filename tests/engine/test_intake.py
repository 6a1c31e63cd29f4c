"""From bytes to submissions: what a source's mappings do not take is refused and kept, and its sender is told so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.adapter import Delivery
from hub.config import load_units
from hub.engine.intake import Bound, Intake, Taken, outcomes
from hub.ledger.records import Verdict
from hub.security.vault import Vault

UNIT = """\
unit: {id: demo, name: 示例医院, uscc: "12410000MB0000000X", region: "410100"}
bills:
  outpatient: {kind: medical_outpatient, type: "0601"}
  registration: {kind: medical_registration, type: "0601"}
sources:
  his: {adapter: his/hl7v2, mappings: [his/hl7v2/dft-p03, his/hl7v2/adt], bill: outpatient}
  desk: {adapter: his/hl7v2, mappings: [his/hl7v2/dft-p03], bill: registration}
"""
AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
LINE = "FT1|1|T1||20261125093000||CG|GHF^挂号费|||1|200000.00&CNY"


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Intake:
    path: Path = tmp_path_factory.mktemp("intake") / "demo.yaml"
    path.write_text(UNIT, encoding="utf-8")
    return Intake(load_units(path), Vault([bytes(32)]))


def said(kind: str, *lines: str) -> Delivery:
    head = rf"MSH|^~\&|HIS|HOSP|BILLHUB|HUB|20261125093106||{kind}|M1|P|2.4"
    body = "\r".join([head, "PID|1||||张测试", "PV1|1|O" + "|" * 17 + "V1", *lines, ""])
    return Delivery(body.encode(), AT, "mllp")


def answer(bound: Bound, delivery: Delivery, taken: Taken) -> bytes:
    verdicts = [Verdict(one.place, one.fault) for one in taken.submissions]
    return bound.source.answer(delivery, outcomes(taken, verdicts, lambda _: {})).body


def test_a_type_no_mapping_takes_is_answered_ar_and_kept(intake: Intake) -> None:
    bound, delivery = intake.bound("demo/his"), said("ADT^A40")
    taken = intake.take(bound, delivery)
    (kept,) = taken.submissions
    assert (kept.place, kept.fault and kept.fault.code) == ("refused", "BH-MAP-020")
    assert len(kept.body) > len(delivery.body)
    told = answer(bound, delivery, taken)
    assert b"MSA|AR|M1|BH-MAP-020" in told
    assert "张测试".encode() not in told


def test_a_mapping_that_takes_a_message_and_makes_no_event_of_it_applies_it(intake: Intake) -> None:
    delivery = said("ADT^A08")
    delivery = Delivery(delivery.body.replace(b"|V1", b"|"), AT, "mllp")
    (kept,) = intake.take(intake.bound("demo/his"), delivery).submissions
    assert (kept.place, kept.events) == ("applied", [])


def test_a_charge_is_judged_by_the_kind_of_its_sources_bill(intake: Intake) -> None:
    delivery = said("DFT^P03", LINE)
    (outpatient,) = intake.take(intake.bound("demo/his"), delivery).submissions
    (registration,) = intake.take(intake.bound("demo/desk"), delivery).submissions
    assert outpatient.place == "applied"
    assert (registration.place, registration.fault and registration.fault.code) == ("parked", "BH-BIL-013")
    told = answer(intake.bound("demo/desk"), delivery, intake.take(intake.bound("demo/desk"), delivery))
    assert b"MSA|AE|M1|BH-BIL-013" in told
