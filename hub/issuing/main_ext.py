"""MainExt: pay code, the original of a red bill, 其他信息, and a region's free fields, in one fixed order.

Only fields that have a value are written; where the domain's table has no XML name, the vendors' name stands.
"""

from __future__ import annotations

from typing import Final

from hub.bill.bill import Bill
from hub.bill.education import Education
from hub.bill.medical import Medical
from hub.bill.money import Fen
from hub.bill.shares import Shares
from hub.issuing.faults import RED_WITHOUT_ORIGINAL
from hub.issuing.xml_text import escaped, one, some, yuan

_MEDICAL: Final = (
    ("gender", "gender"),
    ("age", "age"),
    ("orgType", "org_type"),
    ("medicalInsuranceType", "insurance_type"),
    ("medicalInsuranceID", "insurance_no"),
    ("patientNumber", "patient_no"),
    ("medicalDate", "medical_date"),
    ("caseNumber", "case_no"),
    ("hospitalizationNumber", "hospitalization_no"),
    ("departmentName", "department"),
    ("inHospitalDate", "in_date"),
    ("outHospitalDate", "out_date"),
    ("prepayAmount", "prepaid_fen"),
    ("rechargeAmount", "recharged_fen"),
    ("refundAmount", "refunded_fen"),
    ("balancedNumber", "settlement_no"),
)
"""MainExt element → field, in order; the names of domain: bills 1.5, and the vendors' where that table has none."""

_SHARES: Final = (
    ("fundPayAmount", "fund_fen"),
    ("otherPayAmount", "other_fund_fen"),
    ("accountPayAmount", "account_fen"),
    ("ownPayAmount", "cash_fen"),
    ("selfpaymentAmount", "self_paid_fen"),
    ("selfpaymentCost", "self_cost_fen"),
    ("selfConceitedAmt", "self_borne_fen"),
    ("reimbursementAmt", "reimbursed_fen"),
)
_EDUCATION: Final = (
    ("studentID", "student_no"),
    ("school", "school_code"),
    ("faculty", "faculty"),
    ("major", "major"),
    ("grade", "grade"),
    ("classes", "class_name"),
    ("academicYear", "academic_year"),
    ("term", "term"),
)


def main_ext(bill: Bill, turn: int) -> str:
    """The element. `turn` changes the sign of what a red bill takes back; deposits and balances keep theirs.

    Raises:
        Park: a red bill that does not name its original.
    """
    parts = [some("PayCode", bill.pay_code)]
    if bill.face == "red":
        original = next((related for related in bill.related if related.relation == "red_of"), None)
        if original is None:
            raise RED_WITHOUT_ORIGINAL(bill.id)
        parts.append(one("RelatedInvoiceCode", original.bill_code))
        parts.append(one("RelatedInvoiceNumber", original.bill_number))
    if bill.medical is not None:
        parts.extend(_fields(bill.medical, _MEDICAL, 1))
    if bill.shares is not None:
        parts.extend(_fields(bill.shares, _SHARES, turn))
        if bill.shares.account_balance_fen is not None:
            parts.append(some("ownAcBalance", bill.shares.account_balance_fen.yuan))
    if bill.education is not None:
        parts.extend(_fields(bill.education, _EDUCATION, turn))
    for line in bill.extensions:
        parts.append(f"<OtherInfo>{one('InfoNo', line.code)}{one('InfoName', line.name)}")
        parts.append(f"{one('InfoValue', line.value)}</OtherInfo>")
    inner = "".join(parts)
    return f"<MainExt>{inner}</MainExt>" if inner else "<MainExt/>"


def _fields(block: Medical | Shares | Education, names: tuple[tuple[str, str], ...], turn: int) -> list[str]:
    made: list[str] = []
    for element, field in names:
        value = getattr(block, field)
        if value is None:
            continue
        made.append(f"<{element}>{yuan(value, turn) if isinstance(value, Fen) else escaped(value)}</{element}>")
    return made
