"""What the parent tells of its machine."""

from __future__ import annotations

from typing import Final

from hub.metrics.meter import Metric

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

MACHINE: Final = (READY, CHECK, PROCESSES, RESTARTS, LAG_RECORDS, LAG_SECONDS, BUILD)
