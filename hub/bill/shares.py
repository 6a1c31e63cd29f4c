"""Who pays which part of a medical charge (fund + other fund + account + cash = total), and what the patient bears."""

from __future__ import annotations

from hub.bill.model import Record
from hub.bill.money import ZERO, Fen


class Shares(Record):
    """Shares in fen, named as the platform means them: a vendor's ownPay is 自费, ownPayAmount is 现金 (bills 1.5)."""

    fund_fen: Fen = ZERO
    """医保统筹基金支付"""
    other_fund_fen: Fen = ZERO
    """其他支付"""
    account_fen: Fen = ZERO
    """个人账户支付"""
    cash_fen: Fen = ZERO
    """个人现金支付"""
    self_paid_fen: Fen | None = None
    """个人自付"""
    self_cost_fen: Fen | None = None
    """个人自费"""
    self_borne_fen: Fen | None = None
    """个人自负"""
    reimbursed_fen: Fen | None = None
    """医保报销总额"""
    account_balance_fen: Fen | None = None
    """个人账户余额"""

    @property
    def insured_fen(self) -> Fen:
        """What no payment channel has to bring: fund, other fund and personal account."""
        return self.fund_fen + self.other_fund_fen + self.account_fen
