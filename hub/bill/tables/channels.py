"""Pay channels and pay modes. Channel 11 is the insurance's own money: a share of the bill, never a payment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.bill.tables.table import Row, Table


@dataclass(frozen=True, slots=True)
class PayChannel(Row):
    """`share_only`: the amount belongs into the shares; counted as a payment too it would be counted twice."""

    share_only: bool = False


CHANNELS: Final = Table(
    name="channels",
    zh="缴款渠道",
    en="Pay channels",
    source="Bosssoft payChannelDetail as two hospital systems use it",
    extra=(("share_only", "仅作分担 / a share only"),),
    rows=(
        PayChannel("02", "现金", "Cash"),
        PayChannel("04", "支付宝", "Alipay"),
        PayChannel("05", "微信", "WeChat Pay"),
        PayChannel("07", "银行卡（银联）", "Bank card (UnionPay)"),
        PayChannel("11", "医保", "Medical insurance", "fund and personal account together", share_only=True),
    ),
)

PAY_MODES: Final = Table(
    name="pay-modes",
    zh="缴款方式（PayMode）",
    en="Pay modes (PayMode of the EInvoice)",
    source="a local medical client",
    rows=(
        Row("1", "现金", "Cash"),
        Row("2", "POS 刷卡", "Card at a POS"),
        Row("3", "批量代扣", "Batch debit"),
        Row("4", "终端支付", "Paid at a terminal"),
    ),
)
