"""Codes of the Bosssoft medical platform that lead to canonical ones; `billCode` there is a bill type, not 票据代码."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.bill.tables.table import Row, Table


@dataclass(frozen=True, slots=True)
class BusType(Row):
    """业务类型; `kind` is the bill kind it makes, none for a deposit (预交金 makes a voucher, not a bill)."""

    kind: str | None = None


BUS_TYPES: Final = Table(
    name="bus-types",
    zh="博思业务类型（busType）",
    en="Bosssoft business types (busType)",
    source="Bosssoft V2.0.3 to V3.2.0 client of a hospital system; sites use further values, mapped on the platform",
    extra=(("kind", "票据种类 / kind"),),
    rows=(
        BusType("01", "住院", "Inpatient", "", "medical_inpatient"),
        BusType("02", "门诊", "Outpatient", "", "medical_outpatient"),
        BusType("03", "急诊", "Emergency", "", "medical_outpatient"),
        BusType("04", "门特", "Outpatient, special illness", "", "medical_outpatient"),
        BusType("05", "体检中心", "Check-up centre", "", "medical_checkup"),
        BusType("06", "挂号", "Registration", "", "medical_registration"),
        BusType("07", "住院预交金", "Inpatient deposit", "a deposit of the visit, no bill"),
        BusType("08", "体检预交金", "Check-up deposit", "a deposit of the visit, no bill"),
    ),
)

PAYER_KINDS: Final = Table(
    name="payer-kinds",
    zh="交款人类型（PayerPartyType、payerType）",
    en="Kinds of payer (PayerPartyType, payerType)",
    source="three independent systems; the canonical words are person and organisation",
    rows=(Row("1", "个人", "Person", "person"), Row("2", "单位", "Organisation", "organisation")),
)
