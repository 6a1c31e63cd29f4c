"""The mappings: goldens, and what the money of a call becomes."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.his.bosssoft.adapter import connect
from hub.adapter import Delivery, Manifest
from hub.bill.event import Charge, Payment
from hub.errors import Fault
from hub.mapping.load import load_mapping
from hub.simulators.hospital_bosssoft import Hospital
from hub.yaml_text import read_yaml
from tests.adapters.bosssoft.conftest import NOW, delivery

ROOT = Path("mappings/his/bosssoft")
CASES = [
    (path.name.removesuffix(".test.yaml"), case, read_yaml(path).data["settings"])
    for path in sorted(ROOT.glob("*.test.yaml"))
    for case in read_yaml(path).data["cases"]
]
OUTPATIENT = load_mapping(ROOT / "outpatient.yaml")
SOURCE = connect({"appid": "TESTAPP", "key": "TESTKEY"})


@pytest.mark.parametrize(("name", "case", "given_settings"), CASES, ids=[case["sample"] for _, case, _ in CASES])
def test_the_goldens_hold(name: str, case: dict[str, str], given_settings: dict[str, str]) -> None:
    at = datetime.fromisoformat(case["at"])
    mapping = load_mapping(ROOT / f"{name}.yaml")
    (message,) = connect(given_settings).read(Delivery(body=(ROOT / case["sample"]).read_bytes(), received_at=at))
    assert mapping.matches(message.tree)
    (expected,) = json.loads((ROOT / case["expect"]).read_text())["messages"]
    if "fault" in expected:
        with pytest.raises(Fault) as caught:
            mapping.run(message.tree, at)
        assert caught.value.code.code == expected["fault"]
    else:
        assert [event.to_dict() for event in mapping.run(message.tree, at).events] == expected["events"]


def test_only_one_mapping_is_for_a_method() -> None:
    mappings = [load_mapping(path) for path in ROOT.glob("*.yaml") if not path.name.endswith(".test.yaml")]
    for method in ("invoiceEBillOutpatient", "invEBillHospitalized", "invEBillRegistration", "invEBillCheckUp"):
        assert sum(mapping.matches({"_method": method}) for mapping in mappings) == 1


def test_channel_11_is_a_share_and_never_a_payment() -> None:
    events = json.loads((ROOT / "expected/outpatient.json").read_text())["messages"][0]["events"]
    charge, payment = events
    shares = charge["shares"]
    assert charge["total_fen"] == 23100
    assert (shares["fund_fen"], shares["other_fund_fen"], shares["account_fen"], shares["cash_fen"]) == (
        10000,
        0,
        5000,
        8100,
    )
    assert (payment["channel"], payment["amount_fen"]) == ("05", 8100)
    assert shares["self_cost_fen"] == 0  # ownPay is 自费
    assert "trade_no" not in payment


@pytest.mark.parametrize(
    ("account", "trade_no"),
    [
        ("2026112322001400000000000001", "2026112322001400000000000001"),
        ("13800000000", None),
        ("a@example.invalid", None),
    ],
)
def test_an_alipay_account_is_no_trade_number(hospital: Hospital, account: str, trade_no: str | None) -> None:
    data = hospital.bill(channel="04") | {"alipayCode": account}
    (message,) = SOURCE.read(delivery(hospital.request(data)[0]))
    payment = OUTPATIENT.run(message.tree, NOW).events[1]
    assert isinstance(payment, Payment)
    assert payment.trade_no == trade_no


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), st.sampled_from(["02", "04", "05", "07"]))
def test_shares_and_payments_of_any_patient_add_up(seed: int, channel: str) -> None:
    data: dict[str, Any] = Hospital("", seed=seed).bill(channel=channel)
    (message,) = SOURCE.read(delivery(Hospital("").request(data)[0]))
    charge, *payments = OUTPATIENT.run(message.tree, NOW).events
    assert isinstance(charge, Charge)
    assert charge.shares is not None
    paid = sum(event.amount_fen for event in payments if isinstance(event, Payment))
    assert charge.shares.insured_fen + paid == charge.total_fen == sum(item.amount_fen for item in charge.items)
    assert charge.total_fen.yuan == data["totalAmt"]
    assert charge.payer.id_type == "citizen_no"


def test_an_amount_with_parts_of_a_fen_on_the_face_is_not_repaired(hospital: Hospital) -> None:
    data = hospital.bill()
    data["chargeDetail"][0]["amt"] = "10.005"
    (message,) = SOURCE.read(delivery(hospital.request(data)[0]))
    with pytest.raises(Fault):
        OUTPATIENT.run(message.tree, NOW)


def test_the_manifest_is_what_the_registry_reads() -> None:
    data = read_yaml(Path("adapters/his/bosssoft/manifest.yaml")).data
    manifest = Manifest.model_validate(data)
    assert (manifest.answers, manifest.trusts, manifest.reads) == ("issued", ("all",), "json")
