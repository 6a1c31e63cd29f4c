"""What keeps a case from going on by itself. All of them park: a later event, or a person, resolves them."""

from __future__ import annotations

from typing import Final

from hub.errors import FaultCode, Park, define


def _park(number: int, zh: str, en: str, do_zh: str, do_en: str) -> FaultCode:
    return define(f"BH-FLW-{number:03d}", Park, zh=zh, en=en, do_zh=do_zh, do_en=do_en)


KEYS: Final = _park(
    1,
    "这条消息的业务键指向几个已经开票的收费事项",
    "the keys of this message lead to several cases that already have issued bills",
    "请在来源系统核对收费单号、订单号和缴款码",
    "check the charge, order and pay code in the system that sent it",
)
CHARGE: Final = _park(
    2,
    "同一收费单的同一版本有两种内容",
    "one version of the charge has come with two contents",
    "请来源系统以更高的版本号或更晚的时间重发正确的收费单",
    "have the source send the right charge with a higher version or a later time",
)
PAYMENT: Final = _park(
    3,
    "同一笔支付的各方报告互相矛盾(金额或商户不同)",
    "reports of one payment contradict each other (amount or merchant)",
    "向支付渠道核对这笔支付",
    "ask the payment channel about this payment",
)
UNMATCHED: Final = _park(
    4,
    "没有流水号的支付与渠道的支付对不上",
    "payments told without a trade number do not agree with the channel's own",
    "核对 HIS 的收款行与渠道的账单",
    "compare the sender's payment lines with the channel's statement",
)
REFUND: Final = _park(
    5,
    "退款超过支付金额,或同一退款有两个金额",
    "a refund exceeds its payment, or has come with two amounts",
    "向支付渠道核对退款",
    "ask the payment channel about the refund",
)
REFUND_OF: Final = _park(
    6,
    "退款没有流水号,不能确定退的是哪一笔支付",
    "a refund without a trade number fits several payments",
    "请来源带上原支付的流水号重发",
    "have the source send it again with the payment's trade number",
)
OVERPAID: Final = _park(
    7,
    "实付超过应付",
    "more was paid than is owed",
    "退还多余款项,或将 policy.overpayment 设为 issue",
    "refund the surplus, or set policy.overpayment to issue",
)
UNDERPAID: Final = _park(
    8,
    "实付少于应付",
    "less was paid than is owed",
    "补缴差额,或将 policy.underpayment 设为 wait",
    "collect the rest, or set policy.underpayment to wait",
)
MISDIRECTED: Final = _park(
    9,
    "总额相符,但支付指明的收费单不同",
    "the sums agree, but the payments name other charges",
    "核对每笔支付所指的收费单号",
    "check which charge each payment names",
)
REVISED: Final = _park(
    10,
    "收费单在开票之后被修改",
    "the charge was changed after its bill was issued",
    "核对后冲红重开,或将 policy.charge_revised 设为 reissue",
    "check it and reverse the bill, or set policy.charge_revised to reissue",
)
HELD: Final = _park(
    11,
    "票据须冲红,但已入账、已换开纸质票或已报销",
    "the bill must be reversed, but it is booked, out on paper, or claimed",
    "先撤销入账、收回纸质票或与保险机构了结",
    "undo the booking, recover the paper copy, or settle with the insurer first",
)
ZERO: Final = _park(
    12,
    "收费单金额为零",
    "the charge is for nothing",
    "确认是否需要开零元票(policy.zero_total)",
    "decide whether bills of zero are wanted (policy.zero_total)",
)
AMOUNTS: Final = _park(
    13,
    "收费单金额不成立:为负,或医保份额超过总额",
    "the charge's amounts cannot stand: negative, or shares beyond the total",
    "请来源系统更正收费单",
    "have the source correct the charge",
)
NO_BILL: Final = _park(
    14,
    "收费单所指的票据,单位配置里没有",
    "the charge's bill is not in the unit's file",
    "在 bills 下写明这种票据,或为来源写 bill",
    "write that bill under bills, or name one at the source",
)
TOO_MANY: Final = _park(
    15,
    "项目数超过这种票据的上限",
    "more items than this kind of bill may hold",
    "合并项目,或将 over_items 设为 issue 或 split(有医保份额时不能拆分)",
    "combine items, or set over_items to issue or split (never split where there are insurance shares)",
)
STATUS: Final = _park(
    16,
    "票据状态 {status} 不能发生 {event}",
    "a bill that is {status} cannot {event}",
    "查看该票据的历史",
    "look at the bill's history",
)
