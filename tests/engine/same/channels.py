"""Scenarios of channels with ways of their own: UnionPay, which wants to be asked, and a school's tables."""

from __future__ import annotations

from dataclasses import replace

from tests.engine.same.hospital import charge
from tests.engine.same.words import Do, End, Fees, Scenario, Union, until

ONE = ("0601 used 1 left 99",)

SCENARIOS = (
    Scenario(
        "reported-then-confirmed",
        (
            charge("CHARGE01", 5000),
            Union("U1", "CHARGE01", 5000, "not_yet"),
            until(),
            Do("gateway", ("U1", "paid")),
        ),
        End(
            ("CHARGE01 blue issued 5000 = U1 5000",),
            ("settled",),
            ("his applied 1", "unionpay applied 2"),
            ONE,
        ),
    ),
    Scenario(
        "reported-but-other-amount",  # the question stays in sight, with its fault, and is asked again
        (charge("CHARGE01", 5000), Union("U1", "CHARGE01", 5000, "wrong_amount")),
        End(
            (),
            ("waiting",),
            ("his applied 1", "unionpay applied 1"),
            ("0601 used 0 left 100",),
            outbox=("ask BH-UPA-033",),
        ),
    ),
    Scenario(
        "union-refund",
        (
            charge("CHARGE01", 5000),
            Union("U1", "CHARGE01", 5000),
            until(issued=1),
            Union("U2", "REFUND01", 5000, of="U1"),
        ),
        End(
            ("CHARGE01 blue reversed 5000 = U1 5000", "CHARGE01 red issued 5000 = U1 5000, reverses CHARGE01"),
            ("waiting",),
            ("his applied 1", "unionpay applied 3"),
            ("0601 used 2 left 98",),
        ),
    ),
    Scenario(
        "school-table",
        (
            replace(Fees(3, paid=False), says="applied 9"),
            replace(Fees(3), says="applied 9"),
            replace(Fees(3), says="duplicate 9"),
            Fees(4, drop=True),
        ),
        End(
            (
                "00032600001-2026_2027-1-0101 blue issued 500000 = cash 500000",
                "00032600001-2026_2027-1-0102 blue issued 120000 = cash 120000",
                "00032600002-2026_2027-1-0101 blue issued 500000 = cash 500000",
                "00032600002-2026_2027-1-0102 blue issued 120000 = cash 120000",
                "00032600003-2026_2027-1-0101 blue issued 450000 = cash 450000",
                "00032600003-2026_2027-1-0102 blue issued 120000 = cash 120000",
                "00032600004-2026_2027-1-0101 blue issued 500000 = cash 500000",
                "00032600004-2026_2027-1-0102 blue issued 120000 = cash 120000",
            ),
            ("settled ×12",),  # four of them are 代收费: accounted for, without a bill
            ("fees applied 18", "fees duplicate 9", "inbox applied 12"),
            ("0101 used 8 left 92", "0601 used 0 left 100"),
        ),
    ),
)
