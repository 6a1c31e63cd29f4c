"""Kinds of fiscal bill: names, the default bill name, and caps as data.

Caps and limits only raise warnings where they are local practice; a region's YAML names its own bill type and name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from hub.bill.tables.table import Row, Table

ABSURD_FEN: Final = 100_000_000 * 100
"""No single bill is larger than this (100 million yuan), unless its kind says otherwise."""


@dataclass(frozen=True, slots=True)
class BillKind(Row):
    """A kind of bill. `items_max` counts lines on the face; more of them belong on further bills or in the 清单."""

    bill_name: str = ""
    family: Literal["medical", "nontax", "education", "donation", "dues", "settlement"] = "nontax"
    items_max: int | None = None
    limit_fen: int = ABSURD_FEN


_MEDICAL_FEN: Final = 20_000_000 * 100
_REGISTRATION_FEN: Final = 100_000 * 100

KINDS: Final = Table(
    name="kinds",
    zh="票据种类",
    en="Bill kinds",
    source="财政票据管理办法 art. 6 (kinds); YonBIP titleType (names); a local medical client (item caps 12 and 18)",
    extra=(("bill_name", "默认票据名称 / default bill name"), ("items_max", "票面项目上限 / items at most")),
    rows=(
        BillKind(
            "medical_outpatient", "门诊", "Outpatient", "", "医疗门诊收费票据（电子）", "medical", 12, _MEDICAL_FEN
        ),
        BillKind("medical_inpatient", "住院", "Inpatient", "", "医疗住院收费票据（电子）", "medical", 18, _MEDICAL_FEN),
        BillKind(
            "medical_registration",
            "挂号",
            "Registration",
            "",
            "医疗门诊收费票据（电子）",
            "medical",
            12,
            _REGISTRATION_FEN,
        ),
        BillKind("medical_checkup", "体检", "Check-up", "", "医疗门诊收费票据（电子）", "medical", 12, _MEDICAL_FEN),
        BillKind("nontax", "非税收入", "Non-tax revenue", "", "非税收入统一票据（电子）", "nontax"),
        BillKind(
            "education",
            "教育收费",
            "Education fees",
            "tuition has no class of its own; it is issued on a non-tax bill",
            "非税收入统一票据（电子）",
            "education",
        ),
        BillKind("donation", "公益捐赠", "Donation", "", "公益事业捐赠统一票据（电子）", "donation"),
        BillKind("dues", "社团会费", "Membership dues", "", "社会团体会费统一票据（电子）", "dues"),
        BillKind(
            "settlement",
            "资金往来结算",
            "Settlement of funds",
            "deposits and money collected for others",
            "行政事业单位资金往来结算票据（电子）",
            "settlement",
        ),
    ),
)
