"""Faults that a probe of readiness names, beside those of the component that is away."""

from __future__ import annotations

from typing import Final

from hub.errors import Retry, define

NO_ANSWER: Final = define(
    "BH-SEE-001",
    Retry,
    zh="{check} 已 {seconds} 秒没有回答",
    en="{check} has not answered for {seconds} s",
    do_zh="检查该组件和网络;它恢复后会自动继续",
    do_en="look at that component and the network; work goes on by itself once it answers",
)
LAGGING: Final = define(
    "BH-SEE-002",
    Retry,
    zh="入库落后:{records} 条记录未处理,最旧的已等 {seconds} 秒",
    en="workers are behind: {records} records wait, the oldest for {seconds} s",
    do_zh="看 worker 的日志和 CPU;必要时增加 worker",
    do_en="look at the workers' log and CPU; add workers where they are busy",
)
CHILDREN_GONE: Final = define(
    "BH-SEE-003",
    Retry,
    zh="有进程未在运行:{roles}",
    en="processes are not running: {roles}",
    do_zh="会自动重启;若反复,看它们的日志",
    do_en="they are started anew by themselves; if it repeats, see their log",
)
STANDBY: Final = define(
    "BH-SEE-004",
    Retry,
    zh="连到的 PostgreSQL 是只读备库",
    en="the PostgreSQL that answers is a read-only standby",
    do_zh="在 postgres.servers 里写上主库,或等待切换完成",
    do_en="name the primary under postgres.servers, or wait for the failover to end",
)
DUE_WAITS: Final = define(
    "BH-SEE-005",
    Retry,
    zh="{count} 张票据待开,最早的已等 {seconds} 秒",
    en="{count} bills are due, the oldest for {seconds} s",
    do_zh="看 issuer 的日志;必要时增加 issuer",
    do_en="look at the issuers' log; add issuers where they are busy",
)
ISSUING_STOPPED: Final = define(
    "BH-SEE-006",
    Retry,
    zh="开票已停:{units} 个单位的 {count} 张票据开不出 ({because})",
    en="issuing has stopped: {count} bills of {units} units cannot be issued ({because})",
    do_zh="按该错误码处理",
    do_en="do what that code says",
)
PARENT_GONE: Final = define(
    "BH-SEE-007",
    Retry,
    zh="主进程没有回答",
    en="the hub's parent process does not answer",
    do_zh="看日志;它恢复前不要向这台机器转发",
    do_en="see the log; send nothing to this machine until it is back",
)
REPLICA_BEHIND: Final = define(
    "BH-SEE-008",
    Retry,
    zh="页面所读的备库落后 {seconds} 秒",
    en="the standby that pages are read from is {seconds} s behind",
    do_zh="看复制状态;或让 postgres.servers 先写主库",
    do_en="look at the replication, or name the primary first under postgres.servers",
)
UNCOPIED: Final = define(
    "BH-SEE-009",
    Retry,
    zh="提交要等备库,而备库没有跟随;最早的已等 {seconds} 秒",
    en="commits wait for a standby, and none follows; the oldest for {seconds} s",
    do_zh="恢复备库,或修改 synchronous_standby_names;之后会自动继续",
    do_en="bring the standby back, or change synchronous_standby_names; work goes on by itself then",
)
