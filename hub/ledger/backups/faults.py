"""Faults of backup and restore."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, define

NO_BACKUP: Final = define(
    "BH-BAK-001",
    Config,
    zh="{path} 里没有可用的备份",
    en="there is no backup in {path} that could be used",
    do_zh="指向 billhub backup 写出的目录,或其上级目录;核对 --to-time",
    do_en="name a folder that billhub backup wrote, or the one above it; check --to-time",
)
BROKEN: Final = define(
    "BH-BAK-002",
    Config,
    zh="备份 {what} 已损坏、被截断或被改动",
    en="the backup's {what} is damaged, cut off or was altered",
    do_zh="换用另一份备份",
    do_en="use another copy, or an earlier backup",
)
OTHER_KEY: Final = define(
    "BH-BAK-003",
    Config,
    zh="主密钥 {path} 打不开这份备份",
    en="the master key {path} does not open this backup",
    do_zh="放好与备份同属的 master.key(单独保管的那份)再运行",
    do_en="put the master.key that was kept apart from the data there, and run it again",
)
NOT_EMPTY: Final = define(
    "BH-BAK-004",
    Config,
    zh="{place} 里已有数据:{found}",
    en="{place} holds data already: {found}",
    do_zh="恢复到新的空目录或空数据库;不要覆盖旧数据",
    do_en="restore into a new, empty folder or database; nothing is written over",
)
NEWER: Final = define(
    "BH-BAK-005",
    Config,
    zh="备份由更新的版本写成 ({found},本程序 {known})",
    en="the backup was written by a newer release ({found}; this program knows {known})",
    do_zh="安装新版本程序再恢复",
    do_en="install the newer release and restore with it",
)
OTHER_ENGINE: Final = define(
    "BH-BAK-006",
    Config,
    zh="这是 {found} 的备份,目标是 {wanted}",
    en="this is a backup of {found}; the target is {wanted}",
    do_zh="恢复到同类数据库;换类用 billhub move",
    do_en="restore it where it came from; billhub move takes a ledger from SQLite to PostgreSQL",
)
NO_TOOL: Final = define(
    "BH-BAK-007",
    Config,
    zh="找不到 {tool}",
    en="{tool} is not installed here",
    do_zh="安装与服务器同版本的 postgresql-client",
    do_en="install postgresql-client of the server's version",
)
TOOL_FAILED: Final = define(
    "BH-BAK-008",
    Config,
    zh="{tool} 失败:{found}",
    en="{tool} failed: {found}",
    do_zh="看它的话;其版本不能低于服务器",
    do_en="do what it says; its version must not be lower than the server's",
)
TARGET_THERE: Final = define(
    "BH-BAK-009",
    Config,
    zh="{path} 已存在",
    en="{path} is there already",
    do_zh="每次备份用一个新目录名",
    do_en="give each backup a folder of its own",
)
