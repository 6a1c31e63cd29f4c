"""Every metric that a process counts itself, with its texts; `docs/metrics.md` and the HELP lines are made of them.

Those of a machine and of the ledger stand in `catalogue_machine` and `catalogue_ledger`.

Labels are few on purpose. A province has 30,000 units, and a series for each of them would cost every scrape more than
the work itself: what concerns one unit is asked of the books, the console and the alarms. So labels are what a program
has a handful of (roles, places, kinds, adapters, fault codes); `source` and `unit` stand only where the hub has few.
"""

from __future__ import annotations

from typing import Final

from hub.metrics.meter import AGES, MANY, SECONDS, Metric

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
"""Added up over the processes of a machine; the page shows them with one more label before their own: `role`."""
