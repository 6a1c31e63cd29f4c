"""Metrics of the ledger; the same on every machine, so take the maximum, never the sum."""

from __future__ import annotations

from typing import Final

from hub.metrics.meter import Metric

MESSAGES: Final = Metric(
    "billhub_messages_total",
    "counter",
    "Messages by source and the one place each ended in. Source is unit/source, or, where there are more than 200, the "
    "adapter.",
    "各来源的消息,按归宿;来源超过 200 个时按适配器合计。",
    ("source", "place"),
)
BILLS: Final = Metric("billhub_bills", "gauge", "Bills by status.", "票据数,按状态。", ("status",))
DUE: Final = Metric(
    "billhub_due",
    "gauge",
    "Bills that are due and wait for an issuer, or are with one.",
    "已缴清、等待开具的票据数。",
)
DUE_OLDEST: Final = Metric(
    "billhub_due_oldest_seconds",
    "gauge",
    "Age in seconds of the oldest bill that is due and could be issued; 0 where there is none.",
    "最早缴清而可开未开的票据的年龄(秒)。",
)
STARVED: Final = Metric(
    "billhub_starved",
    "gauge",
    "Bills that are due and wait for numbers.",
    "因无可用号码而等待的票据数。",
)
OUTBOX: Final = Metric(
    "billhub_outbox",
    "gauge",
    "Effects in the outbox, by kind: confirm (the platform's signature), ask (a channel).",
    "待发事项数,按种类: confirm 加签、ask 查询渠道。",
    ("kind",),
)
OUTBOX_OLDEST: Final = Metric(
    "billhub_outbox_oldest_seconds",
    "gauge",
    "Seconds by which the oldest effect of a kind is overdue; 0 where none is.",
    "各种类最早一件待发事项已逾期的秒数。",
    ("kind",),
)
NUMBERS_LOW: Final = Metric(
    "billhub_numbers_low",
    "gauge",
    "Bill codes of units with fewer than a tenth of their numbers free.",
    "余号不足一成的(单位、票据代码)数。",
)
NUMBERS: Final = Metric(
    "billhub_numbers",
    "gauge",
    "Bill numbers by segment and state; only where there are at most 200 segments.",
    "各号段号码数,按状态;号段不超过 200 个时才有。",
    ("unit", "code", "first", "state"),
)
STOCK: Final = Metric(
    "billhub_stock",
    "gauge",
    "Numbers that regions hold, by segment and state; only where there are at most 200 segments.",
    "各区划持有的号码数,按号段与状态;号段不超过 200 个时才有。",
    ("region", "code", "first", "state"),
)
PAUSED: Final = Metric(
    "billhub_paused",
    "gauge",
    "Units of which nothing is issued, and whether anything is taken in. Unit is left empty where more than 200 are.",
    "已暂停开票的单位,及其收件口是否关闭;超过 200 个单位时不分单位。",
    ("unit", "doors"),
)
PARKED: Final = Metric(
    "billhub_parked",
    "gauge",
    "Messages and cases that wait for a person.",
    "等待人工处理的消息与事项数。",
)
ALARMS: Final = Metric(
    "billhub_alarms",
    "gauge",
    "Bills and payments held up, by why. Unit is left empty where more than 200 are concerned.",
    "被耽搁的票据与缴款,按原因;涉及单位超过 200 个时不分单位。",
    ("unit", "what", "code"),
)
BALANCED: Final = Metric(
    "billhub_books_balanced",
    "gauge",
    "Whether messages, bills and numbers added up when they were last counted.",
    "上次核对时消息、票据、号码是否平衡。",
)
COUNTED_AT: Final = Metric(
    "billhub_books_counted_timestamp_seconds",
    "gauge",
    "When the books were last counted in full; it is done in the background, at most a hundredth of the time.",
    "上次全面核对的时间;在后台进行,至多占百分之一的时间。",
)
REPLICA_LAG: Final = Metric(
    "billhub_replica_lag_seconds",
    "gauge",
    "Seconds by which the standby that pages are read from is behind, at most; 0 where it is no standby.",
    "页面所读备库最多落后的秒数;非备库为 0。",
)
STANDBY_WAIT: Final = Metric(
    "billhub_standby_wait_seconds",
    "gauge",
    "Seconds that the oldest commit of this machine's login has waited for a standby.",
    "本机登录用户最早的提交等待备库的秒数。",
)

LEDGER: Final = (
    *(MESSAGES, BILLS, DUE, DUE_OLDEST, STARVED, OUTBOX, OUTBOX_OLDEST, NUMBERS_LOW, NUMBERS, STOCK),
    *(PAUSED, PARKED, ALARMS, BALANCED, COUNTED_AT, REPLICA_LAG, STANDBY_WAIT),
)
