"""Faults of the engine."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, Retry, define

QUEUE_FULL: Final = define(
    "BH-ENG-001",
    Retry,
    zh="系统正忙,消息未被接收",
    en="the hub is busy; the message was not taken",
    do_zh="稍后用同一编号重发",
    do_en="send it again a little later, under the same id",
)
BATCH_FAILED: Final = define(
    "BH-ENG-009",
    Retry,
    zh="写入数据库时程序出错,消息未被接收",
    en="the program failed while storing the message; it was not taken",
    do_zh="稍后重发;仍不行时请管理员看日志",
    do_en="send it again later; if it still fails, have the operator look at the log",
)
CORE_GONE: Final = define(
    "BH-ENG-003",
    Retry,
    zh="数据库进程暂时不可用",
    en="the process that owns the database is away",
    do_zh="稍后用同一编号重发",
    do_en="send it again a little later, under the same id",
)
NOT_ALONE: Final = define(
    "BH-ENG-004",
    Config,
    zh="没有在 {folder} 上运行的系统",
    en="no hub runs on {folder}",
    do_zh="先运行 billhub run,或去掉该选项",
    do_en="start billhub run first",
)
NO_SUCH_COMMAND: Final = define(
    "BH-ENG-005",
    Reject,
    zh="不认识的命令 {verb}",
    en="unknown command {verb}",
    do_zh="升级命令行,使其与运行中的系统版本一致",
    do_en="use the command line of the release that is running",
)
TOO_MANY: Final = define(
    "BH-ENG-006",
    Reject,
    zh="一次投递里有 {count} 条消息,上限 {most}",
    en="the delivery holds {count} messages, more than {most}",
    do_zh="分成几次发送",
    do_en="send it in several parts",
)
CHILD_FAILS: Final = define(
    "BH-ENG-007",
    Config,
    zh="{role} 进程无法启动",
    en="the {role} process does not start",
    do_zh="查看上面的日志",
    do_en="see the log above",
)
NO_DATA: Final = define(
    "BH-ENG-008",
    Config,
    zh="{folder} 里没有数据",
    en="there is no hub's data in {folder}",
    do_zh="用 --data 指向数据目录",
    do_en="point --data at a hub's data folder",
)
NOT_A_SOURCE: Final = define(
    "BH-ENG-019",
    Config,
    zh="{adapter} 不是来源:它不发送消息,只查询票据",
    en="{adapter} is no source: it sends no messages, it asks about bills",
    do_zh="从 sources 中删去;在 insurers 里写保险公司编号,它用自己的密钥访问 /api/v1",
    do_en="take it out of `sources`, and name the insurer in `insurers`; it asks under /api/v1 with its key",
)
OVER_QUOTA: Final = define(
    "BH-ENG-020",
    Retry,
    zh="单位 {unit} 发送过快,消息未被接收",
    en="the unit {unit} sends more than its quota; the message was not taken",
    do_zh="{retry_after} 秒后用同一编号重发;确有需要时调高单位文件的 quota",
    do_en="send it again in {retry_after} s, under the same id; where so much is right, raise `quota`",
)
