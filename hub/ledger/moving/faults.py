"""Faults of moving a ledger."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, define

SOURCE_OLD: Final = define(
    "BH-LED-032",
    Config,
    zh="源数据库结构版本是 {found},本程序需要 {needed}",
    en="the source has schema {found}, this program needs {needed}",
    do_zh="先运行 billhub migrate --data 目录",
    do_en="run billhub migrate --data DIR first",
)
TARGET_USED: Final = define(
    "BH-LED-033",
    Config,
    zh="目标数据库里已有别的数据:{found}",
    en="the target holds other data: {found}",
    do_zh="换一个新建并 billhub migrate 过的空数据库",
    do_en="give an empty database, made anew and migrated by billhub migrate",
)
TARGET_TAKEN: Final = define(
    "BH-LED-034",
    Config,
    zh="另一个进程正在向这个数据库迁移",
    en="another process is moving data into this database just now",
    do_zh="等它结束",
    do_en="wait until it has ended",
)
NOT_OWNER: Final = define(
    "BH-LED-035",
    Config,
    zh="角色 {role} 不是目标库表的所有者 ({owner})",
    en="the role {role} does not own the target's tables; {owner} does",
    do_zh="迁移时在 hub.yaml(可用副本)的 postgres.user 写所有者角色",
    do_en="for the move name the owner as postgres.user, in hub.yaml or a copy of it",
)
OTHER_KEY: Final = define(
    "BH-LED-036",
    Config,
    zh="hub.yaml 的主密钥打不开这里的数据",
    en="the master key that hub.yaml names does not open these data",
    do_zh="把数据目录的 master.key 复制到 keys.master 指的位置",
    do_en="copy the data folder's master.key to where keys.master points",
)
TARGET_WENT_ON: Final = define(
    "BH-LED-037",
    Config,
    zh="迁移以后目标库已有新的业务数据:{found}",
    en="the target has gone on since the move: {found}",
    do_zh="继续在集群上运行;回到旧数据会丢失新票据并重复使用号码",
    do_en="stay with the cluster: going back would lose its bills and use their numbers twice",
)
NO_MARK: Final = define(
    "BH-LED-039",
    Config,
    zh="{folder} 没有迁移标记",
    en="{folder} bears no mark of a move",
    do_zh="不用取消",
    do_en="there is nothing to undo",
)
UNDO_NEEDS_TARGET: Final = define(
    "BH-LED-040",
    Config,
    zh="数据已经迁入 {to};取消标记前要关闭那边",
    en="the data are complete in {to}, which has to be closed before they are used here again",
    do_zh="加上 --to hub.yaml;那个数据库若已彻底丢失,手工删除 moved.json",
    do_en="add --to hub.yaml; if that database is lost for good, delete moved.json by hand",
)
OTHER_TARGET: Final = define(
    "BH-LED-041",
    Config,
    zh="{to} 不是这些数据迁往的数据库",
    en="{to} is not the database these data were moved to",
    do_zh="核对 hub.yaml 的 postgres 一节",
    do_en="check the postgres section of hub.yaml",
)
