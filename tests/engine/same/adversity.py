"""Scenarios of what goes wrong around the hub: numbers run out, the platform is away or refuses, messages do not do."""

from __future__ import annotations

from tests.engine.same.hospital import charge, told
from tests.engine.same.words import Alipay, Bosssoft, Do, End, Fees, Hl7, Raw, Scenario, until


def _paid(*numbers: int) -> tuple[Alipay, ...]:
    return tuple(Alipay("paid", f"A{n}", f"C{n}", 1000 * n) for n in numbers)


def _charges(*numbers: int) -> tuple[Hl7, ...]:
    return tuple(charge(f"C{n}", 1000 * n) for n in numbers)


def _bills(status: str, *numbers: int) -> tuple[str, ...]:
    return tuple(f"C{n} blue {status} {1000 * n} = A{n} {1000 * n}" for n in numbers)


SCENARIOS = (
    Scenario(
        "numbers-run-out",
        (
            *_charges(1, 2, 3, 4, 5),
            *_paid(1, 2),
            until(issued=2),
            *_paid(3, 4),
            until(issued=2, due=2),
            Do("receive", (11, 20)),
            until(issued=4),
            *_paid(5),
        ),
        End(
            _bills("issued", 1, 2, 3, 4, 5),
            ("settled ×5",),
            ("alipay applied 5", "his applied 5"),
            ("0601 used 2 left 0", "0601 used 3 left 7"),
        ),
        numbers=2,
    ),
    Scenario(
        "no-numbers-left",
        (*_charges(1, 2), *_paid(1), until(issued=1), *_paid(2), until(issued=1, due=1)),
        End(
            (*_bills("issued", 1), f"{_bills('due', 2)[0]}, BH-LED-010"),
            ("settled ×2",),
            ("alipay applied 2", "his applied 2"),
            ("0601 used 1 left 0",),
        ),
        numbers=1,
    ),
    Scenario(
        "platform-away-then-back",
        (
            *_charges(1, 2, 3),
            *_paid(1),
            until(confirmed=1),
            Do("platform", ("down",)),
            *_paid(2, 3),
            until(confirmed=1, issued=2),
            Do("platform", ("none",)),
        ),
        End(
            _bills("confirmed", 1, 2, 3),
            ("settled ×3",),
            ("alipay applied 3", "his applied 3"),
            ("0601 used 3 left 97",),
        ),
        platform="signs",
    ),
    Scenario(
        "platform-answer-lost",  # it has signed, and its answer does not come: it is asked, and not told again
        (*_charges(1), Do("platform", ("lost",)), *_paid(1), until(issued=1), Do("platform", ("none",))),
        End(_bills("confirmed", 1), ("settled",), ("alipay applied 1", "his applied 1"), ("0601 used 1 left 99",)),
        platform="signs",
    ),
    Scenario(
        "platform-refuses",  # it does not know the unit's certificate
        (*_charges(1), *_paid(1)),
        End(
            (f"{_bills('issued', 1)[0]}, BH-DLV-010",),
            ("settled",),
            ("alipay applied 1", "his applied 1"),
            ("0601 used 1 left 99",),
            outbox=("confirm BH-DLV-010",),
        ),
        platform="refuses",
    ),
    Scenario(
        "reversed-and-confirmed",
        (
            *_charges(1),
            *_paid(1),
            until(confirmed=1),
            Alipay("refund", "A1", "C1", 1000, give=1000),
        ),
        End(
            ("C1 blue reversed 1000 = A1 1000", "C1 red confirmed 1000 = A1 1000, reverses C1"),
            ("waiting",),
            ("alipay applied 2", "his applied 1"),
            ("0601 used 2 left 98",),
        ),
        platform="signs",
    ),
    Scenario(
        "manual-issue",
        (
            *_charges(1, 2),
            *_paid(1, 2),
            until(due=2),
            Do("release", says="2"),
            until(issued=2),
            Do("release", says="0"),
        ),
        End(_bills("issued", 1, 2), ("settled ×2",), ("alipay applied 2", "his applied 2"), ("0601 used 2 left 98",)),
        issue="manual",
    ),
    Scenario(
        "mapping-mended-and-replayed",
        (
            *_charges(1),
            told("C1", "VILLAGE", 1000, "123456", says="AE"),
            Do("replay", says="BH-MAP-003"),
            Do("mend", ("pay-channels.csv", "VILLAGE,04,a village's own word")),
            Do("replay", says="applied"),
        ),
        End(
            ("C1 blue issued 1000 = cash 1000",),
            ("settled",),
            ("his applied 2",),
            ("0601 used 1 left 99",),
        ),
        mapping="his/own/dft",
    ),
    Scenario(
        "refused-and-kept",
        (
            *_charges(1),
            Alipay("forged", "A1", "C1", 1000, says="fail"),
            Alipay("forged", "A1", "C1", 1000, says="fail"),
            Raw("alipay", b"not=a&notification", "fail"),
            Raw("alipay", b"\xff\xfe\x00", "fail"),
            Raw("his", b"MSH|^~\\&|HIS|HOSP|BILLHUB|HUB|20261102080000||DFT^P03", "AR"),
            Raw("his", charge("C9", 100).text.replace("DFT^P03", "ORU^R01").encode(), "AR"),
            Bosssoft("B1", 1000, misbehave="bad_sign", says="E1001"),
            Bosssoft("B2", 1000, misbehave="cut_base64", says="E1004"),
            Fees(2, misbehave="wrong_total", says="applied 6 refused 1 BH-SCH-026"),
            *_paid(1),
        ),
        End(
            (
                "00032600001-2026_2027-1-0101 blue issued 500000 = cash 500000",
                "00032600001-2026_2027-1-0102 blue issued 120000 = cash 120000",
                "00032600002-2026_2027-1-0101 blue issued 500000 = cash 500000",
                "00032600002-2026_2027-1-0102 blue issued 120000 = cash 120000",
                *_bills("issued", 1),
            ),
            ("settled ×7",),
            (
                "alipay applied 1",
                "alipay refused 4",
                "bosssoft refused 2",
                "fees applied 6",
                "fees refused 1",  # the table's sum; its rows stand
                "his applied 1",
                "his refused 2",
            ),
            ("0101 used 4 left 96", "0601 used 1 left 99"),
            refused=(
                "alipay BH-ALI-001 ×2",
                "alipay BH-ALI-004 ×2",
                "bosssoft BH-BOS-001",
                "bosssoft BH-BOS-004",
                "fees BH-SCH-026",
                "his BH-HL7-010",
                "his BH-HL7-011",
            ),
        ),
    ),
)
