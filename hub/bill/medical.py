"""The medical bill's 其他信息 (domain: bills 1.5). Every field is optional; regions differ."""

from __future__ import annotations

from hub.bill.model import Code, Day, Record, Text
from hub.bill.money import Fen


class Medical(Record):
    """Patient's visit as the bill shows it."""

    gender: Text | None = None
    age: Text | None = None
    org_type: Text | None = None
    """医疗机构类型"""
    insurance_type: Text | None = None
    """医保类型, a name"""
    insurance_type_code: Code | None = None
    insurance_no: Code | None = None
    """医保编号"""
    patient_no: Code | None = None
    """门诊号"""
    medical_date: Day | None = None
    """就诊日期"""
    case_no: Code | None = None
    """病历号"""
    hospitalization_no: Code | None = None
    """住院号"""
    department: Text | None = None
    """科别"""
    in_date: Day | None = None
    out_date: Day | None = None
    prepaid_fen: Fen | None = None
    """预缴金额"""
    recharged_fen: Fen | None = None
    """补缴金额"""
    refunded_fen: Fen | None = None
    """退费金额"""
    settlement_no: Code | None = None
    """医保结算号 setl_id"""
