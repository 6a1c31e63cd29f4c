"""Faults of epochs."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, define

NUMBER_TWICE: Final = define(
    "BH-LED-051",
    Config,
    zh="票据号码 {number} 在存档与账本里属于不同的票据",
    en="number {number} is on one bill in the archive and on another in the ledger",
    do_zh="这不是同一个系统的存档,或有两个系统同时开票;停止并查明",
    do_en="the archive is another hub's, or two hubs issued at once; stop, and find out which",
)
NOT_HELD: Final = define(
    "BH-LED-052",
    Reject,
    zh="没有待放行的纪元",
    en="no epoch is held",
    do_zh="无需处理;用 billhub epoch show 查看",
    do_en="there is nothing to do; see billhub epoch show",
)
STILL_HELD: Final = define(
    "BH-LED-053",
    Config,
    zh="第 {epoch} 纪元的恢复还没有完成",
    en="the restore that opened epoch {epoch} is not finished",
    do_zh="再次运行同一条 billhub restore",
    do_en="run the same billhub restore once more: it goes on where it was",
)
UNMATCHED: Final = define(
    "BH-LED-054",
    Reject,
    zh="财政平台上有 {count} 张票据在这里还没有对应的业务,例如 {first}",
    en="{count} bills at the fiscal platform have no case here yet, {first} for one",
    do_zh="请来源系统重发这些业务;确实无法重发时加 --leave-unmatched 原因",
    do_en="have their sources send these cases again; where none can, add --leave-unmatched REASON",
)
NOT_QUARANTINED: Final = define(
    "BH-LED-055",
    Reject,
    zh="{found} 不全在隔离号码中",
    en="{found} are not all quarantined",
    do_zh="用 billhub numbers quarantine 查看隔离的号码",
    do_en="see billhub numbers quarantine for those that are",
)
