"""Every metric, with its texts; `docs/metrics.md` and the HELP lines are made of them.

Labels are few on purpose. A province has 30,000 units, and a series for each of them would cost every scrape more than
the work itself: what concerns one unit is asked of the books, the console and the alarms. So labels are what a program
has a handful of (roles, places, kinds, adapters, fault codes); `source` and `unit` stand only where the hub has few.
"""

from __future__ import annotations

from typing import Final

from hub.metrics.meter import AGES, MANY, SECONDS, Metric

# of each process, added up over the processes of a machine

DELIVERIES: Final = Metric(
    "billhub_deliveries_total",
    "counter",
    "Deliveries that doors answered, by how: taken, busy (come again), failed.",
    "收件口已应答的投递: taken 收下、busy 请重发、failed 出错。",
    ("how",),
)
TURNED_AWAY: Final = Metric(
    "billhub_turned_away_total",
    "counter",
    "Deliveries that were told to come again because of their unit, by why: quota, paused. The log names the units.",
    "因所属单位而请其重发的投递,按原因: quota 超出配额、paused 已暂停;单位见日志。",
    ("why",),
)
DELIVERY_SECONDS: Final = Metric(
    "billhub_delivery_seconds",
    "histogram",
    "Seconds from a delivery's last byte to its answer.",
    "从收齐到应答的秒数。",
    buckets=SECONDS,
)
PRODUCE_SECONDS: Final = Metric(
    "billhub_produce_seconds",
    "histogram",
    "Seconds until Kafka acknowledged a record (acks=all).",
    "Kafka 确认一条记录的秒数(acks=all)。",
    buckets=SECONDS,
)
PRODUCE_PACKED: Final = Metric(
    "billhub_produce_packed",
    "histogram",
    "Messages packed into one Kafka record.",
    "一条 Kafka 记录里的消息数。",
    buckets=MANY,
)
PRODUCE_FAILURES: Final = Metric(
    "billhub_produce_failures_total",
    "counter",
    "Tries to produce a record that failed; it is sent again.",
    "发送记录失败的次数(会重发)。",
)
PRODUCE_WAITING: Final = Metric(
    "billhub_produce_waiting",
    "gauge",
    "Messages that doors hold and Kafka has not acknowledged yet.",
    "收件口手中尚未被 Kafka 确认的消息数。",
)
BATCH_MESSAGES: Final = Metric(
    "billhub_batch_messages",
    "histogram",
    "Messages of one transaction.",
    "一个事务的消息数。",
    buckets=MANY,
)
COMMIT_SECONDS: Final = Metric(
    "billhub_commit_seconds",
    "histogram",
    "Seconds of a transaction that takes messages in, from begin to commit.",
    "入库事务从开始到提交的秒数。",
    buckets=SECONDS,
)
COMMIT_FAILURES: Final = Metric(
    "billhub_commit_failures_total",
    "counter",
    "Transactions that the database did not take, by fault code; they are tried again.",
    "数据库未接受的事务数,按错误码(会重试)。",
    ("code",),
)
TAKEN: Final = Metric(
    "billhub_taken_total",
    "counter",
    "Messages taken into the ledger by this machine's processes since they run, by the place they ended in.",
    "本机进程启动以来入库的消息数,按归宿。",
    ("place",),
)
SET_ASIDE: Final = Metric(
    "billhub_set_aside_total",
    "counter",
    "Messages on which the program failed and which were set aside.",
    "程序处理出错而被搁置的消息数。",
)
ISSUED: Final = Metric(
    "billhub_issued_total",
    "counter",
    "Bills numbered, signed and stored by this machine since it runs; its rate is bills issued a second.",
    "本机启动以来开具的票据数;其速率即每秒开票数。",
)
NOT_ISSUED: Final = Metric(
    "billhub_not_issued_total",
    "counter",
    "Tries to compose or sign a bill that failed, by fault code.",
    "未能开出的次数,按错误码。",
    ("code",),
)
ISSUE_SECONDS: Final = Metric(
    "billhub_issue_seconds",
    "histogram",
    "Seconds from the moment a bill was due (paid) to its signature.",
    "从缴清到签名的秒数。",
    buckets=AGES,
)
EFFECTS: Final = Metric(
    "billhub_effects_total",
    "counter",
    "Effects that the relay carried out, by kind and how it ended: done, later.",
    "中继发出的事项,按种类与结果: done 完成、later 稍后再试。",
    ("kind", "how"),
)
POOL_SECONDS: Final = Metric(
    "billhub_pool_wait_seconds",
    "histogram",
    "Seconds a call waited for a free connection to the database.",
    "等待空闲数据库连接的秒数。",
    buckets=SECONDS,
)
ARCHIVE_FAILURES: Final = Metric(
    "billhub_archive_failures_total",
    "counter",
    "Segments of the archive that could not be written, by code; each is tried again.",
    "归档段写入失败次数,按错误代码;会自动重试。",
    ("code",),
)
POOL_EMPTY: Final = Metric(
    "billhub_pool_exhausted_total",
    "counter",
    "Calls that gave up because no connection became free.",
    "等不到空闲连接而放弃的次数。",
)
TIDIED: Final = Metric(
    "billhub_tidied_total",
    "counter",
    "Bodies whose time was over and that were dropped: days of the journal, bodies, refused bodies.",
    "到期清除的内容: days 流水日分区、bodies 原文、refused 拒收原文。",
    ("what",),
)
SPANS: Final = Metric(
    "billhub_spans_total",
    "counter",
    "Spans of traces, by how they ended: sent, dropped (the collector was away, too slow, or did not take them).",
    "追踪的 span 数,按结果: sent 已送达、dropped 已丢弃(收集器不可用、太慢或不收)。",
    ("how",),
)
CPU: Final = Metric(
    "billhub_process_cpu_seconds_total", "counter", "Seconds of CPU that processes have used.", "进程用去的 CPU 秒数。"
)
RESIDENT: Final = Metric(
    "billhub_process_resident_bytes", "gauge", "Memory that processes hold, in bytes.", "进程占用的内存字节数。"
)

OWN: Final = (
    *(DELIVERIES, TURNED_AWAY, DELIVERY_SECONDS, PRODUCE_SECONDS, PRODUCE_PACKED, PRODUCE_FAILURES, PRODUCE_WAITING),
    *(BATCH_MESSAGES, COMMIT_SECONDS, COMMIT_FAILURES, TAKEN, SET_ASIDE, ISSUED, NOT_ISSUED, ISSUE_SECONDS),
    *(EFFECTS, ARCHIVE_FAILURES, POOL_SECONDS, POOL_EMPTY, TIDIED, SPANS, CPU, RESIDENT),
)
"""What processes count; the page shows them with one more label before their own: `role`."""

# of a machine

READY: Final = Metric(
    "billhub_ready",
    "gauge",
    "1 while every check of /readyz is good.",
    "/readyz 各项均正常时为 1。",
)
CHECK: Final = Metric(
    "billhub_check",
    "gauge",
    "1 while one check of /readyz is good: database, schema, broker, lag, issuing, children.",
    "/readyz 的一项正常时为 1。",
    ("check",),
)
PROCESSES: Final = Metric(
    "billhub_processes", "gauge", "Processes that run, by role.", "正在运行的进程数,按角色。", ("role",)
)
RESTARTS: Final = Metric(
    "billhub_process_restarts_total",
    "counter",
    "Processes that ended by themselves and were started anew, by role.",
    "自行退出后被重新启动的进程数,按角色。",
    ("role",),
)
LAG_RECORDS: Final = Metric(
    "billhub_lag_records",
    "gauge",
    "Kafka records of the whole group that are not committed yet; the same on every machine.",
    "整个消费组尚未提交的 Kafka 记录数;各机器相同。",
    ("topic",),
)
LAG_SECONDS: Final = Metric(
    "billhub_lag_seconds",
    "gauge",
    "Age in seconds of the oldest record that no worker has read; 0 where none waits.",
    "最旧的未读记录的年龄(秒),无积压为 0。",
)
BUILD: Final = Metric(
    "billhub_build_info",
    "gauge",
    "Always 1; tells the release and the schema it knows.",
    "恒为 1,标明版本与数据库结构。",
    ("version", "schema"),
)

# of the ledger; the same on every machine, so take the maximum, never the sum

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

MACHINE: Final = (READY, CHECK, PROCESSES, RESTARTS, LAG_RECORDS, LAG_SECONDS, BUILD)
LEDGER: Final = (
    *(MESSAGES, BILLS, DUE, DUE_OLDEST, STARVED, OUTBOX, OUTBOX_OLDEST, NUMBERS_LOW, NUMBERS, STOCK),
    *(PAUSED, PARKED, ALARMS, BALANCED, COUNTED_AT, REPLICA_LAG, STANDBY_WAIT),
)
