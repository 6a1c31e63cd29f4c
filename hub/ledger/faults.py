"""Faults of the ledger, whoever works on it: also what keeps it shut while it is moved, or after a restore."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Park, Reject, Retry, define

CHANGED_REPEAT: Final = define(
    "BH-LED-001",
    Park,
    zh="同一编号的消息再次到达,内容不同",
    en="a message with this id came before, with other content",
    do_zh="原内容保持有效;请对方用新的编号发送更正",
    do_en="the first content stands; have the sender send the correction under a new id",
)
DEFECT: Final = define(
    "BH-LED-002",
    Park,
    zh="处理这条消息时程序出错 ({found})",
    en="the program failed on this message ({found})",
    do_zh="消息已保存;升级后用 billhub parked replay 重放",
    do_en="the message is kept; replay it with billhub parked replay after an upgrade",
)
BUSY: Final = define(
    "BH-LED-003",
    Retry,
    zh="数据库暂时不能写入:{found}",
    en="the database cannot be written just now: {found}",
    do_zh="检查磁盘空间和权限;消息未被确认,对方会重发",
    do_en="check disk space and permissions; the message was not acknowledged and will come again",
)
DATABASE_BROKEN: Final = define(
    "BH-LED-004",
    Config,
    zh="数据库文件损坏:{found}",
    en="the database file is damaged: {found}",
    do_zh="停止服务,从备份恢复",
    do_en="stop the hub and restore the last backup",
)
DATABASE_NEWER: Final = define(
    "BH-LED-005",
    Config,
    zh="数据库版本 {found} 比本程序 ({known}) 新",
    en="the database has schema {found}, newer than this program ({known})",
    do_zh="安装新版本程序",
    do_en="install the newer release",
)
IN_USE: Final = define(
    "BH-LED-006",
    Config,
    zh="数据目录正被进程 {pid} 使用",
    en="the data folder is in use by process {pid}",
    do_zh="先停止那个进程,或换一个 --data 目录",
    do_en="stop that process first, or use another --data folder",
)
NO_NUMBERS: Final = define(
    "BH-LED-010",
    Retry,
    zh="票据代码 {bill_code} 没有可用号码",
    en="no numbers are left for bill code {bill_code}",
    do_zh="领取新号段: billhub numbers receive {unit} {bill_code} 起号 止号",
    do_en="receive a new segment: billhub numbers receive {unit} {bill_code} FIRST LAST",
)
CLOCK_BACK: Final = define(
    "BH-LED-011",
    Retry,
    zh="系统时间比上一张票据早 {minutes} 分钟",
    en="the clock is {minutes} minutes behind the last issued bill",
    do_zh="校准时间;开票会自动继续",
    do_en="set the clock right; issuing goes on by itself",
)
SEGMENT_OVERLAP: Final = define(
    "BH-LED-012",
    Reject,
    zh="号段与已有号段 {first}-{last} 重叠",
    en="the segment overlaps the segment {first}-{last}",
    do_zh="核对财政部门发放的起止号",
    do_en="check the first and last number against what the fiscal department allotted",
)
SEGMENT_WRONG: Final = define(
    "BH-LED-013",
    Reject,
    zh="号段不对:{found}",
    en="this is not a segment: {found}",
    do_zh="票据代码 8 位数字,号码 1 至 10 位数字,起号不大于止号",
    do_en="a bill code has 8 digits, numbers up to 10, and the first is not above the last",
)
NOT_PARKED: Final = define(
    "BH-LED-014",
    Reject,
    zh="{subject} 不在挂起列表里",
    en="{subject} is not parked",
    do_zh="用 billhub parked list 查看",
    do_en="see billhub parked list",
)
NO_SUCH_BILL: Final = define(
    "BH-LED-015",
    Reject,
    zh="找不到票据 {subject}",
    en="there is no bill {subject}",
    do_zh="核对票据代码和号码",
    do_en="check the bill code and number",
)
NO_RULES: Final = define(
    "BH-LED-016",
    Retry,
    zh="单位配置里没有 {unit} 的票据 {bill},到期票据不能开出",
    en="the units have no bill {bill} of {unit}; what is due there cannot be issued",
    do_zh="把它写回单位 YAML 的 bills,然后重新加载",
    do_en="write it back under `bills` in the unit's file and reload",
)
MOVED: Final = define(
    "BH-LED-030",
    Config,
    zh="这里的数据已于 {at} 迁入 {to},不能再在此运行",
    en="the data here were moved to {to} at {at}; no hub runs on them any more",
    do_zh="改用集群运行;如确要在此继续: billhub move --data 目录 --to hub.yaml --undo-mark",
    do_en="run the cluster; to go on here after all: billhub move --data DIR --to hub.yaml --undo-mark",
)
MOVE_UNFINISHED: Final = define(
    "BH-LED-031",
    Config,
    zh="向 {to} 的迁移还没有完成",
    en="a move to {to} is not finished",
    do_zh="再次运行 billhub move 继续;要放弃: billhub move --data 目录 --undo-mark",
    do_en="run billhub move again, it goes on where it was; to give it up: billhub move --data DIR --undo-mark",
)
MARK_BROKEN: Final = define(
    "BH-LED-038",
    Config,
    zh="迁移标记 {path} 读不懂",
    en="the mark of a move, {path}, cannot be read",
    do_zh="查明这些数据是否已迁走,然后运行 billhub move --data 目录 --to hub.yaml --undo-mark",
    do_en="find out whether the data were moved, then run billhub move --data DIR --to hub.yaml --undo-mark",
)
HELD: Final = define(
    "BH-LED-050",
    Retry,
    zh="数据恢复后的第 {epoch} 纪元尚未放行,暂停开票",
    en="epoch {epoch}, opened by a restore, is not released yet: nothing is issued",
    do_zh="请各方重发备份以后的消息,核对无误后运行 billhub epoch resume",
    do_en="have senders repeat what they sent since the backup, then run billhub epoch resume",
)
STOCK_SHORT: Final = define(
    "BH-LED-060",
    Reject,
    zh="上级只有 {free} 个票据代码 {bill_code} 的可用号码",
    en="the regions above have {free} free numbers of bill code {bill_code}",
    do_zh="减少数量,或先给上级领取号段: billhub numbers receive 区划 {bill_code} 起号 止号",
    do_en="ask for fewer, or receive a segment above: billhub numbers receive REGION {bill_code} FIRST LAST",
)
NOTHING_ABOVE: Final = define(
    "BH-LED-061",
    Reject,
    zh="{node} 之上没有可以下发号码的区划",
    en="there is no region above {node} that could hand numbers down",
    do_zh="用 -c 指向单位目录(其中有 regions.yaml);--from 必须在它之上",
    do_en="point -c at the folder of units with its regions.yaml; --from must lie above it",
)
PAUSED: Final = define(
    "BH-LED-062",
    Retry,
    zh="单位 {unit} 已暂停,消息未被接收",
    en="the unit {unit} is paused; the message was not taken",
    do_zh="稍后用同一编号重发;恢复: billhub units resume {unit}",
    do_en="send it again later, under the same id; to go on: billhub units resume {unit}",
)
NOT_PAUSED: Final = define(
    "BH-LED-063",
    Reject,
    zh="单位 {unit} 没有暂停",
    en="the unit {unit} is not paused",
    do_zh="用 billhub units list 查看",
    do_en="see billhub units list",
)
UNFINISHED: Final = define(
    "BH-BAK-010",
    Config,
    zh="向这个数据库的恢复没有完成",
    en="a restore into this database is not finished",
    do_zh="再次运行同一条 billhub restore",
    do_en="run the same billhub restore once more",
)
