"""Synthetic charges and bills that are true: every sum holds, every number has its check digit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from hub.bill.identity import USCC_ALPHABET, citizen_check, uscc_check
from hub.bill.money import LIMIT, Fen

fens = st.integers(-LIMIT + 1, LIMIT - 1).map(Fen)
amounts = st.integers(0, 10_000_000)
words = st.text(st.sampled_from("床位费西药检查治疗测试一二三AZ09 （）"), min_size=1, max_size=12).filter(str.strip)
codes = st.text(st.sampled_from("0123456789ABC-"), min_size=1, max_size=20)
decimals = st.decimals(0, 99999, places=2, allow_nan=False, allow_infinity=False).map(lambda value: f"{value:f}")
moments = st.integers(1_600_000_000, 1_900_000_000).map(lambda second: datetime.fromtimestamp(second, UTC).isoformat())
extensions = st.fixed_dictionaries({"code": codes, "name": words, "value": words})
days = st.dates().map(lambda day: day.isoformat())


@st.composite
def citizen_numbers(draw: st.DrawFn) -> str:
    """A well-formed citizen number of a region that never was (99…)."""
    born = draw(st.dates(date(1900, 1, 1), date(2026, 1, 1)))
    first17 = f"99{draw(st.integers(0, 9999)):04d}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + citizen_check(first17)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    """A well-formed unified social credit code."""
    letters = st.sampled_from(USCC_ALPHABET)
    first17 = (
        draw(letters)
        + draw(letters)
        + f"{draw(st.integers(0, 999999)):06d}"
        + "".join(draw(letters) for _ in "123456789")
    )
    return first17 + uscc_check(first17)


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Without the absent ones."""
    return {name: value for name, value in fields.items() if value is not None}


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value, or absent."""
    return st.none() | strategy


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """What a charge and a bill share: payer, items, details, total, shares, blocks."""
    items = [
        present({"code": f"{n:02d}", "name": draw(words), "unit": draw(maybe(words)), "amount_fen": draw(amounts)})
        for n in range(1, draw(st.integers(1, 5)) + 1)
    ]
    total = sum(item["amount_fen"] for item in items)
    fund = draw(st.integers(0, total))
    account = draw(st.integers(0, total - fund))
    shares = {"fund_fen": fund, "account_fen": account, "cash_fen": total - fund - account}
    details = [
        present({
            "item_code": item["code"],
            "name": draw(words),
            "spec": draw(maybe(words)),
            "amount_fen": item["amount_fen"],
        })
        for item in items
        if draw(st.booleans())
    ]  # fmt: skip
    number = draw(maybe(citizen_numbers()))
    return present({
        "payer": present({"name": draw(words), "id_no": number, "id_type": number and "citizen_no"}),
        "items": items,
        "details": details or None,
        "total_fen": total,
        "shares": draw(maybe(st.just(shares))),
        "medical": draw(maybe(st.fixed_dictionaries({"gender": st.sampled_from("男女"), "medical_date": days}))),
        "education": draw(maybe(st.fixed_dictionaries({"student_no": codes, "faculty": words}))),
        "extensions": draw(maybe(st.lists(extensions, max_size=3))),
        "remark": draw(maybe(words)),
    })  # fmt: skip


@st.composite
def charges(draw: st.DrawFn) -> dict[str, Any]:
    """A charge as plain values."""
    return draw(documents()) | present(
        {"kind": "charge", "charge_no": draw(codes), "occurred_at": draw(moments), "visit_no": draw(maybe(codes))}
    )


@st.composite
def bills(draw: st.DrawFn) -> dict[str, Any]:
    """A numbered blue bill as plain values, paid to the fen."""
    document = draw(documents())
    shares = document.get("shares", {})
    cash = document["total_fen"] - shares.get("fund_fen", 0) - shares.get("account_fen", 0)
    return document | {
        "schema": "billhub.bill/1",
        "id": draw(codes),
        "status": draw(st.sampled_from(["issued", "issued_offline", "confirmed"])),
        "kind": draw(st.sampled_from(["medical_outpatient", "education", "nontax", "some_local_kind"])),
        "unit": {"id": "demo-hospital", "name": draw(words), "uscc": draw(credit_codes()), "region": "410100"},
        "bill_name": draw(words),
        "bill_code": "41060126",
        "bill_number": f"{draw(st.integers(0, 10**10 - 1)):010d}",
        "check_code": "a1b2c3",
        "issued_at": draw(moments),
        "charge_no": draw(codes),
        "paid_fen": document["total_fen"],
        "payments": [{"channel": "04", "trade_no": "T1", "amount_fen": cash, "paid_at": draw(moments)}],
        "history": [{"at": draw(moments), "event": "payment", "from": "waiting", "to": "due"}],
    }
