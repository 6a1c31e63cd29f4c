"""Why a due bill is not issued, or a document is no good. What cannot be issued stays due, never lost."""

from __future__ import annotations

from hub.errors import Config, Park, Reject, Retry, define

COMPOSE_DEFECT = define(
    "BH-ISS-001",
    Park,
    zh="开票时出现内部错误:{found}",
    en="an internal error kept the bill from being issued: {found}",
    do_zh="把票据编号和日志交给维护人员;修复后重放",
    do_en="give the bill's id and the log to the maintainers; replay once repaired",
)
ILLEGAL_CHARACTER = define(
    "BH-ISS-002",
    Park,
    zh="{field} 含有 XML 不允许的字符 {found}",
    en="{field} holds a character that XML does not allow: {found}",
    do_zh="在来源系统中改正后重发",
    do_en="correct it in the system it comes from, and send it again",
)
NOT_NUMBERED = define(
    "BH-ISS-003",
    Park,
    zh="票据缺少 {field},不能生成",
    en="the bill lacks {field} and cannot be written",
    do_zh="先编号,再生成",
    do_en="number it before it is written",
)
RED_WITHOUT_ORIGINAL = define(
    "BH-ISS-004",
    Park,
    zh="红票没有指明原票",
    en="a red bill does not name the bill it answers",
    do_zh="写明原票代码和号码",
    do_en="name the original's code and number",
)
NO_KEYS = define(
    "BH-ISS-010",
    Config,
    zh="没有签名密钥:{found}",
    en="there is no signing key: {found}",
    do_zh="运行 billhub keys new,或把私钥和证书(PEM)放进密钥目录",
    do_en="run billhub keys new, or put the private key and its certificate (PEM) into the key folder",
)
KEY_EXPIRED = define(
    "BH-ISS-011",
    Retry,
    zh="签名证书在 {at} 都已过期,票据保持待开",
    en="every signing certificate had expired at {at}; bills stay due",
    do_zh="放入新的私钥和证书,再重新载入配置",
    do_en="put a new key and certificate into the key folder, and reload",
)
KEY_NOT_YET = define(
    "BH-ISS-012",
    Retry,
    zh="签名证书在 {at} 都尚未生效,票据保持待开",
    en="no signing certificate is valid yet at {at}; bills stay due",
    do_zh="检查时钟;或等到证书生效",
    do_en="check the clock, or wait until the certificate is valid",
)
YEAR_TURNED = define(
    "BH-ISS-014",
    Retry,
    zh="票据代码 {bill_code} 属于上一年,换号后自动开具",
    en="bill code {bill_code} belongs to the year that ended; the bill is issued under a new number",
    do_zh="不用处理",
    do_en="nothing needs to be done",
)
NOT_AN_EINVOICE = define(
    "BH-ISS-030",
    Reject,
    zh="这不是电子票据 XML:{found}",
    en="this is not an EInvoice XML: {found}",
    do_zh="使用原始文件,不要重新排版或转码",
    do_en="use the original file, neither reformatted nor re-encoded",
)
COUNTERSIGNED_TWICE = define(
    "BH-ISS-031",
    Reject,
    zh="票据已有财政部门签名",
    en="the bill has a supervisor's signature already",
    do_zh="不要重复加签",
    do_en="do not add another",
)
