"""Scenarios of money that comes: in any order, more than once, in parts, with shares, too much and too little."""

from __future__ import annotations

from dataclasses import replace

from tests.engine.same.hospital import both, charge, deposit, order, told, visit
from tests.engine.same.words import Alipay, Bosssoft, End, Hl7, Scenario, trade_no, until

C1 = charge("C1", 3000, 2000)
PAID = Alipay("paid", "A1", "C1", 5000)
ISSUED = ("C1 blue issued 5000 = A1 5000",)
ONE = ("0601 used 1 left 99",)


def _changed(message: Hl7, says: str) -> Hl7:
    """The same message id over other content."""
    return replace(message, text=message.text + "NTE|1||changed\r", says=says)


SCENARIOS = (
    Scenario(
        "charge-first",
        (C1, PAID),
        End(ISSUED, ("settled",), ("alipay applied 1", "his applied 1"), ONE),
    ),
    Scenario(
        "payment-first",
        (PAID, visit("C1"), C1),
        End(ISSUED, ("settled",), ("alipay applied 1", "his applied 2"), ONE),
    ),
    Scenario(
        "order-between",
        (
            charge("C1", 3000),
            Alipay("paid", "A1", "O1", 5000, source="orders"),
            order("O1", "C1", "C2"),
            charge("C2", 2000),
        ),
        End(
            ("C1 blue issued 3000 = A1 3000", "C2 blue issued 2000 = A1 2000"),
            ("settled",),
            ("his applied 3", "orders applied 1"),
            ("0601 used 2 left 98",),
        ),
    ),
    Scenario(
        "order-last",
        (
            Alipay("paid", "A1", "O1", 5000, source="orders"),
            charge("C2", 2000),
            charge("C1", 3000),
            order("O1", "C1", "C2"),
        ),
        End(
            ("C1 blue issued 3000 = A1 3000", "C2 blue issued 2000 = A1 2000"),
            ("settled",),
            ("his applied 3", "orders applied 1"),
            ("0601 used 2 left 98",),
        ),
    ),
    Scenario(
        "repeats-of-everything",
        (C1, C1, visit("C1"), visit("C1"), PAID, PAID, replace(PAID, what="finished"), until(issued=1), PAID, C1),
        End(ISSUED, ("settled",), ("alipay applied 1", "alipay duplicate 3", "his applied 2", "his duplicate 3"), ONE),
    ),
    Scenario(
        "same-id-other-content",
        (C1, _changed(C1, "AE"), PAID, until(issued=1), _changed(C1, "AE"), C1),
        End(
            ISSUED,
            ("settled",),
            ("alipay applied 1", "his applied 1", "his duplicate 2", "his parked 1"),
            ONE,
            parked=("message BH-LED-001",),
        ),
    ),
    Scenario(
        "answered-before-judged",  # `durable`: the embedded hub has judged by then, a cluster has it on Kafka
        (C1, _changed(C1, "AE|AA"), PAID),
        End(
            ISSUED,
            ("settled",),
            ("alipay applied 1", "his applied 1", "his parked 1"),
            ONE,
            parked=("message BH-LED-001",),
        ),
        answers={"his": "durable"},
    ),
    Scenario(
        "several-payments",
        (
            charge("C1", 9000, CASH=1000),
            Alipay("paid", "A1", "C1", 3000),
            until(),
            Alipay("paid", "A2", "C1", 5000),
        ),
        End(
            ("C1 blue issued 9000 = A1 3000 + A2 5000 + cash 1000",),
            ("settled",),
            ("alipay applied 2", "his applied 1"),
            ONE,
        ),
    ),
    Scenario(
        "one-payment-told-twice",  # by the HIS with the channel's number, and by the channel
        (charge("C1", 5000), told("C1", "ALIPAY", 5000, trade_no("A1")), PAID),
        End(ISSUED, ("settled",), ("alipay applied 1", "his applied 2"), ONE),
    ),
    Scenario(
        "shares-and-cash",
        (Bosssoft("B1", 10000, fund=6000, account=1000), Bosssoft("B2", 8000, fund=8000, pays="")),
        End(
            ("B1 blue issued 10000 insured 7000 = cash 3000", "B2 blue issued 8000 insured 8000"),
            ("settled ×2",),
            ("bosssoft applied 2",),
            ("0601 used 2 left 98",),
        ),
    ),
    Scenario(
        "deposits-settled-later",
        (
            deposit("C1", 3000, trade_no("A1")),
            deposit("C1", 4000, trade_no("A2"), minute=1),
            visit("C1"),
            charge("C1", 5000, minute=10),
            replace(PAID, fen=3000),  # the channel tells the first deposit, too
        ),
        End(
            ("C1 blue issued 5000 = A1 3000 + A2 2000",),
            ("settled +2000",),
            ("alipay applied 1", "his applied 4"),
            ONE,
        ),
    ),
    Scenario(
        "too-much",
        (C1, replace(PAID, fen=6000)),
        End(
            (),
            ("parked BH-FLW-007 +1000",),
            ("alipay parked 1", "his applied 1"),
            ("0601 used 0 left 100",),
            ("case BH-FLW-007",),
        ),
    ),
    Scenario(
        "too-much-issues",
        (C1, replace(PAID, fen=6000)),
        End(ISSUED, ("settled +1000",), ("alipay applied 1", "his applied 1"), ONE),
        policy={"overpayment": "issue"},
    ),
    Scenario(
        "too-little",
        (C1, replace(PAID, fen=4000)),
        End((), ("waiting",), ("alipay applied 1", "his applied 1"), ("0601 used 0 left 100",)),
    ),
    Scenario(
        "too-little-parks-until-the-rest",
        (C1, replace(PAID, fen=4000), until(parked=1), Alipay("paid", "A2", "C1", 1000)),
        End(
            ("C1 blue issued 5000 = A1 4000 + A2 1000",),
            ("settled",),
            ("alipay applied 1", "alipay parked 1", "his applied 1"),
            ONE,
        ),
        policy={"underpayment": "park"},
    ),
    Scenario(
        "contradictory-keys",  # a payment names the charge of one billed case and the order of another
        (
            C1,
            PAID,
            charge("C2", 2000),
            order("O2", "C2"),
            Alipay("paid", "A2", "O2", 2000, source="orders"),
            until(issued=2),
            both("C1", "O2", 100, trade_no("A3")),
        ),
        End(
            (*ISSUED, "C2 blue issued 2000 = A2 2000"),
            ("settled ×2",),
            ("alipay applied 1", "his applied 3", "his parked 1", "orders applied 1"),
            ("0601 used 2 left 98",),
            ("message BH-FLW-001",),
        ),
    ),
    Scenario(
        "contradictory-charge",  # the same version, with another content
        (
            C1,
            PAID,
            charge("C2", 2000),
            Alipay("paid", "A2", "C2", 2000),
            until(issued=2),
            charge("C1", 4000, control="other"),
        ),
        End(
            (*ISSUED, "C2 blue issued 2000 = A2 2000"),
            ("parked BH-FLW-002", "settled"),
            ("alipay applied 2", "his applied 2", "his parked 1"),
            ("0601 used 2 left 98",),
            ("case BH-FLW-002",),
        ),
    ),
)
