"""Faults of calls to the outside."""

from __future__ import annotations

from typing import Final

from hub.errors import Reject, Retry, Unknown, define

NOT_REACHED: Final = define(
    "BH-DLV-001",
    Retry,
    zh="连接不上对方 ({found})",
    en="the other side cannot be reached ({found})",
    do_zh="系统会自动重试;检查网络和地址",
    do_en="the hub tries again by itself; check the network and the address",
)
NO_ANSWER: Final = define(
    "BH-DLV-002",
    Unknown,
    zh="对方没有应答 ({found}),结果未知",
    en="the other side did not answer ({found}); the outcome is unknown",
    do_zh="系统会查询结果,不会盲目重发",
    do_en="the hub asks about the outcome and does not blindly send again",
)
ANSWER_TOO_LONG: Final = define(
    "BH-DLV-003",
    Unknown,
    zh="对方的应答超过 {most} 字节",
    en="the answer is longer than {most} bytes",
    do_zh="核对地址",
    do_en="check the address",
)
PLATFORM_REFUSED: Final = define(
    "BH-DLV-010",
    Reject,
    zh="财政平台拒绝加签 (HTTP {status}):{found}",
    en="the fiscal platform refused to countersign (HTTP {status}): {found}",
    do_zh="按平台说明处理,系统稍后会再次提交",
    do_en="do what the platform says; the hub submits it again later",
)
PLATFORM_BUSY: Final = define(
    "BH-DLV-011",
    Retry,
    zh="财政平台暂不可用 (HTTP {status})",
    en="the fiscal platform is not available (HTTP {status})",
    do_zh="无需处理,恢复后按顺序加签",
    do_en="nothing to do: bills are countersigned in order when it is back",
)
PLATFORM_CHANGED: Final = define(
    "BH-DLV-012",
    Reject,
    zh="财政平台返回的票据与提交的不一致",
    en="the bill the fiscal platform returned is not the one that was sent",
    do_zh="联系财政平台;原票据未改动",
    do_en="ask the fiscal platform; the stored bill was not changed",
)
PLATFORM_UNTRUSTED: Final = define(
    "BH-DLV-013",
    Reject,
    zh="财政平台返回的签名不成立,或其证书链不到信任目录",
    en="a signature on the bill the fiscal platform returned does not hold, or leads to no trusted certificate",
    do_zh="核对 signing.platform.trust 里的证书(平台的和本单位的);原票据未改动",
    do_en="check the certificates in signing.platform.trust, the platform's and the unit's; the stored bill stands",
)
ASK_GIVEN_UP: Final = define(
    "BH-DLV-020",
    Unknown,
    zh="按规定次数查询后仍无结果",
    en="the schedule of queries ended without a result",
    do_zh="到渠道商户平台核对,或等待对账文件",
    do_en="check at the channel's merchant site, or wait for the settlement file",
)
ADAPTER_FAILED: Final = define(
    "BH-DLV-021",
    Retry,
    zh="查询时适配器程序出错 ({found})",
    en="the adapter failed while asking ({found})",
    do_zh="系统稍后再查;请把日志交给开发者",
    do_en="the hub asks again later; give the log to the developers",
)
RECALL_STRANGE: Final = define(
    "BH-DLV-014",
    Reject,
    zh="财政平台答不出已加签的号码:{found}",
    en="the fiscal platform does not say which numbers it countersigned: {found}",
    do_zh="请平台方提供清单;确实没有时用 --no-platform 原因 跳过,号码保持隔离",
    do_en="ask its operator for the list; without one go on with --no-platform REASON: the numbers stay quarantined",
)
