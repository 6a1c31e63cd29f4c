"""Scenarios of bills that do not stand: refunds, withdrawals, revisions, before and after the bill is issued."""

from __future__ import annotations

from tests.engine.same.hospital import charge, order, withdrawn
from tests.engine.same.words import Alipay, Bosssoft, End, Scenario, WriteOff, until

C1 = charge("C1", 3000, 2000)
PAID = Alipay("paid", "A1", "C1", 5000)
ALL_BACK = Alipay("refund", "A1", "C1", 5000, give=5000)
RED = (
    "C1 blue reversed 5000 = A1 5000",
    "C1 red issued 5000 = A1 5000, reverses C1",
)
NONE_USED = ("0601 used 0 left 100",)

SCENARIOS = (
    Scenario(
        "full-refund",
        (C1, PAID, until(issued=1), ALL_BACK, until(issued=1, reversed=1), ALL_BACK),
        End(RED, ("waiting",), ("alipay applied 2", "alipay duplicate 1", "his applied 1"), ("0601 used 2 left 98",)),
    ),
    Scenario(
        "refund-before-charge",
        (PAID, ALL_BACK, C1),
        End((), ("waiting",), ("alipay applied 2", "his applied 1"), NONE_USED),
    ),
    Scenario(
        "refund-before-payment",
        (ALL_BACK, PAID, C1, Alipay("paid", "A2", "C1", 5000)),
        End(
            ("C1 blue issued 5000 = A2 5000",),
            ("settled",),
            ("alipay applied 3", "his applied 1"),
            ("0601 used 1 left 99",),
        ),
    ),
    Scenario(
        "partial-refund-then-revised",
        (
            C1,
            PAID,
            until(issued=1),
            Alipay("refund", "A1", "C1", 5000, give=2000),
            until(reversing=1),
            charge("C1", 3000, minute=9),
        ),
        End(
            (
                "C1 blue issued 3000 = A1 3000, replaces C1",
                "C1 blue reversed 5000 = A1 5000",
                "C1 red issued 5000 = A1 5000, reverses C1",
            ),
            ("settled",),
            ("alipay applied 2", "his applied 2"),
            ("0601 used 3 left 97",),
        ),
    ),
    Scenario(
        "revised-then-partial-refund",
        (
            C1,
            PAID,
            until(issued=1),
            charge("C1", 3000, 2000, back=(2000,), minute=9),
            until(issued=1, parked=1),
            Alipay("refund", "A1", "C1", 5000, give=2000),
        ),
        End(
            (
                "C1 blue issued 3000 = A1 3000, replaces C1",
                "C1 blue reversed 5000 = A1 5000",
                "C1 red issued 5000 = A1 5000, reverses C1",
            ),
            ("settled",),
            ("alipay applied 2", "his applied 1", "his parked 1"),
            ("0601 used 3 left 97",),
        ),
    ),
    Scenario(
        "withdrawn-before-payment",
        (C1, withdrawn("C1"), PAID),
        End((), ("settled +5000",), ("alipay applied 1", "his applied 2"), NONE_USED),
    ),
    Scenario(
        "withdrawn-before-it-came",
        (withdrawn("C1"), PAID, C1),
        End((), ("settled +5000",), ("alipay applied 1", "his applied 2"), NONE_USED),
    ),
    Scenario(
        "withdrawn-after-issue",
        (C1, PAID, until(issued=1), withdrawn("C1"), until(issued=1, reversed=1), ALL_BACK),
        End(RED, ("settled",), ("alipay applied 2", "his applied 2"), ("0601 used 2 left 98",)),
    ),
    Scenario(
        "credited-to-nothing",
        (C1, PAID, until(issued=1), charge("C1", 3000, 2000, back=(3000, 2000), minute=9), ALL_BACK),
        End(RED, ("settled",), ("alipay applied 2", "his applied 2"), ("0601 used 2 left 98",)),
    ),
    Scenario(
        "withdrawn-while-due",  # nobody has released it yet, so it has no number
        (C1, PAID, until(due=1), withdrawn("C1")),
        End(("C1 blue void 5000 = A1 5000",), ("settled +5000",), ("alipay applied 1", "his applied 2"), NONE_USED),
        issue="manual",
    ),
    Scenario(
        "written-off",
        (Bosssoft("B1", 10000, fund=6000), WriteOff("B1"), until(issued=1, reversed=1)),
        End(
            (
                "B1 blue reversed 10000 insured 6000 = cash 4000",
                "B1 red issued 10000 insured 6000 = cash 4000, reverses B1",
            ),
            ("settled +4000",),
            ("bosssoft applied 2",),
            ("0601 used 2 left 98",),
        ),
    ),
    Scenario(
        "one-of-two-refunded",  # one payment for two charges; half of it comes back, and the HIS withdraws one
        (
            charge("C1", 3000),
            charge("C2", 2000),
            order("O1", "C1", "C2"),
            Alipay("paid", "A1", "O1", 5000, source="orders"),
            until(issued=2),
            Alipay("refund", "A1", "O1", 5000, give=2000, source="orders"),
            withdrawn("C2"),
        ),
        End(
            (
                "C1 blue issued 3000 = A1 3000",
                "C2 blue reversed 2000 = A1 2000",
                "C2 red issued 2000 = A1 2000, reverses C2",
            ),
            ("settled",),
            ("his applied 4", "orders applied 2"),
            ("0601 used 3 left 97",),
        ),
    ),
)
