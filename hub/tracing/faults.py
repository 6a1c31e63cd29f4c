"""Faults of tracing."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Retry, define

NO_EXTRA: Final = define(
    "BH-SEE-010",
    Config,
    zh="配置要求追踪,但没有安装 {name}",
    en="traces are asked for, and {name} is not installed",
    do_zh="安装: pip install 'billhub[trace]',或去掉 traces",
    do_en="install it: pip install 'billhub[trace]', or ask for none",
)
LOGIN_REFUSED: Final = define(
    "BH-SEE-011",
    Retry,
    zh="追踪收集器 {endpoint} 拒绝登录({status});开票不受影响",
    en="the traces' collector {endpoint} refuses the login ({status}); bills are not concerned",
    do_zh="检查 traces.headers 各文件;更换后自动继续",
    do_en="look at the files under traces.headers; a new one is taken up by itself",
)
AWAY: Final = define(
    "BH-SEE-012",
    Retry,
    zh="连不上追踪收集器 {endpoint}:{why};开票不受影响",
    en="the traces' collector {endpoint} is not reached: {why}; bills are not concerned",
    do_zh="检查地址、网络和 traces.ca;恢复后自动继续",
    do_en="look at the address, the network and traces.ca; traces go on by themselves",
)
SLOW: Final = define(
    "BH-SEE-013",
    Retry,
    zh="追踪收集器 {endpoint} 太慢:{why};开票不受影响",
    en="the traces' collector {endpoint} is too slow: {why}; bills are not concerned",
    do_zh="给收集器更多资源,或调大 traces.one_in",
    do_en="give the collector more room, or raise traces.one_in",
)
NOT_TAKEN: Final = define(
    "BH-SEE-014",
    Retry,
    zh="追踪收集器 {endpoint} 不收所送的内容({found});开票不受影响",
    en="the traces' collector {endpoint} does not take what it is sent ({found}); bills are not concerned",
    do_zh="检查 traces.endpoint(通常以 /v1/traces 结尾)和收集器的日志",
    do_en="look at traces.endpoint, which commonly ends in /v1/traces, and at the collector's log",
)
BAD_CA: Final = define(
    "BH-SEE-015",
    Config,
    zh="traces.ca 的证书不能用:{found}",
    en="the certificates of traces.ca cannot be used: {found}",
    do_zh="检查该文件:PEM 证书,路径相对于写它的文件",
    do_en="look at the file: certificates in PEM; its path is relative to the file that names it",
)
