"""Faults of the archive."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Retry, define

AWAY: Final = define(
    "BH-ARC-001",
    Retry,
    zh="票据存档不可用:{found}",
    en="the archive of signed bills is not available: {found}",
    do_zh="检查存档目录是否挂载、可写、有空间;恢复后自动补写",
    do_en="see that its folder is mounted, writable and not full; what is missing is written when it is back",
)
BROKEN: Final = define(
    "BH-ARC-002",
    Config,
    zh="存档段 {segment} 损坏、被截断或被改动",
    en="segment {segment} of the archive is damaged, cut off or was altered",
    do_zh="从存档的另一份副本取回这个文件;若没有,把它和以后的段移走,其号码保持隔离",
    do_en="take it from another copy; without one, move it and all later ones away: their numbers stay quarantined",
)
GAP: Final = define(
    "BH-ARC-003",
    Config,
    zh="存档段 {segment} 缺失或与前一段不相接",
    en="segment {segment} of the archive is missing, or does not follow the one before it",
    do_zh="找回缺失的段;不要改名或拼接两个存档",
    do_en="bring the missing segment back; never rename segments or mix two archives",
)
OTHER_KEY: Final = define(
    "BH-ARC-004",
    Config,
    zh="存档不是用这个主密钥写的",
    en="the archive was written under another master key",
    do_zh="使用与数据同属的 master.key",
    do_en="use the master.key that belongs to these data",
)
BEHIND: Final = define(
    "BH-ARC-005",
    Config,
    zh="存档止于第 {found} 段,备份时已有第 {wanted} 段",
    en="the archive ends at segment {found}; when the backup was made it had segment {wanted}",
    do_zh="存档不完整:找回缺失的段,或核对 --archive 目录",
    do_en="it is truncated: bring the missing segments back, or name the right folder as --archive",
)
OLD_EPOCH: Final = define(
    "BH-ARC-006",
    Config,
    zh="存档里已有第 {found} 纪元的票据,本系统还在第 {ours} 纪元",
    en="the archive holds bills of epoch {found}; this hub is in epoch {ours}",
    do_zh="本系统的数据已在别处恢复并继续:停止本系统",
    do_en="these data were restored elsewhere and went on there: stop this hub",
)
