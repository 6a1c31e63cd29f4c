"""The shipped mappings on their samples, and on what hospitals do with lines and payments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.adapter import Delivery
from hub.errors import Park
from hub.mapping.lint import lint_mapping
from hub.mapping.load import load_mapping
from hub.mapping.testcase import read_test_file, run_case
from tests.adapters.hl7v2.say import AT, dft, good, msh

ROOT = Path(__file__).parents[3] / "mappings" / "his" / "hl7v2"
NAMES = ("dft-p03", "dft-zxx", "adt")


def events(body: str, name: str = "dft-p03") -> list[dict[str, Any]]:
    mapping = load_mapping(ROOT / f"{name}.yaml")
    tree = good(body).tree
    assert mapping.matches(tree)
    return [event.to_dict() for event in mapping.run(tree, AT).events]


def rows(*lines: str) -> str:
    return "\r".join([msh(), "PID|1||||张测试", "PV1|1|O|||||||||||||||||V1", *lines]) + "\r"


@pytest.mark.parametrize("name", NAMES)
def test_no_finding(name: str) -> None:
    assert not lint_mapping(ROOT / f"{name}.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_golden_files(name: str) -> None:
    from adapters.his.hl7v2.adapter import connect

    file, findings = read_test_file(ROOT / f"{name}.test.yaml")
    assert file is not None
    assert not findings
    mapping = load_mapping(ROOT / f"{name}.yaml")
    source = connect(file.settings)
    for case in file.cases:
        result = run_case(case, mapping, lambda path, at: source.read(Delivery(path.read_bytes(), at, "folder")))
        assert result.ok, f"{case.name}\n{result.difference}"


@pytest.mark.parametrize(("kind", "amount", "fen"), [("CD", "5.00", -500), ("CD", "-5.00", -500), ("AJ", "5.00", -500)])
def test_a_credit_subtracts_once(kind: str, amount: str, fen: int) -> None:
    (charge,) = events(rows(_line("CG", "9.00"), _line(kind, amount)))
    assert charge["total_fen"] == 900 + fen


def _line(kind: str, amount: str) -> str:
    return f"FT1|2|||20261125||{kind}|A^甲||||{amount}"


def test_payments_alone_make_no_charge() -> None:
    (payment,) = events(rows("FT1|1|||20261125||PY|WX||||9.00"))
    assert (payment["kind"], payment["channel"], payment["amount_fen"]) == ("payment", "05", 900)


def test_a_charge_after_a_payment_line_is_seen() -> None:
    kinds = [event["kind"] for event in events(rows("FT1|1|||20261125||PY|CASH||||9.00", _line("CG", "9.00")))]
    assert kinds == ["charge", "payment"]


@pytest.mark.parametrize(
    ("pv1", "pid", "ft1", "number"),
    [("V9", "AC9", "B9", "V9"), ("", "AC9", "B9", "AC9"), ("", "", "B9", "B9"), ('""', "AC9", "B9", "AC9")],
)
def test_where_the_charge_number_is(pv1: str, pid: str, ft1: str, number: str) -> None:
    body = f"{msh()}\rPID|1||||张测试|||||||||||||{pid}\rPV1|1|O|||||||||||||||||{pv1}"
    (charge,) = events(f"{body}\rFT1|1||{ft1}|20261125||CG|A^甲||||9.00\r")
    assert charge["charge_no"] == number


def test_five_hundred_lines_sum() -> None:
    (charge,) = events(dft(lines=500))
    assert charge["total_fen"] == sum(range(1, 501)) * 100
    assert len(charge["items"]) == 500


@pytest.mark.parametrize("amount", ["NaN", "1e99", "0.001", "九", "--5", "1,000"])
def test_absurd_amounts_park(amount: str) -> None:
    with pytest.raises(Park):
        events(rows(_line("CG", amount)))


def test_a_merge_is_not_taken() -> None:
    assert not load_mapping(ROOT / "adt.yaml").matches(good(dft(kind="ADT^A40")).tree)
