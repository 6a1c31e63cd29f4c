"""What can be wrong with a Bosssoft call, and the E code its sender is told. Codes never change their meaning."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Fault, Park, Reject, Retry, Unknown, define

BAD_SIGN = define(
    "BH-BOS-001",
    Reject,
    zh="签名不符",
    en="the sign does not match",
    do_zh="用约定的 key 按 appid、data、noise、key、version 的顺序拼接,取大写 MD5",
    do_en="join appid, data, noise, key, version in this order with the agreed key and take the upper-case MD5",
)
WRONG_APPID = define(
    "BH-BOS-002",
    Reject,
    zh="appid 不是本单位的",
    en="the appid is not this unit's",
    do_zh="使用开通时分配的 appid",
    do_en="use the appid that was allotted",
)
BAD_ENVELOPE = define(
    "BH-BOS-003",
    Reject,
    zh="请求外层无法读取:{found}",
    en="the envelope cannot be read: {found}",
    do_zh="发送 JSON 或表单,含 appid、data、noise、version、sign 五个文本",
    do_en="send JSON or a form with the five texts appid, data, noise, version, sign",
)
BAD_DATA = define(
    "BH-BOS-004",
    Reject,
    zh="data 无法读取:{found}",
    en="data cannot be read: {found}",
    do_zh="data 是 UTF-8 JSON 对象的 base64",
    do_en="data is the base64 of a UTF-8 JSON object",
)
NO_METHOD = define(
    "BH-BOS-005",
    Reject,
    zh="不支持的方法 {method}",
    en="the method {method} is not supported",
    do_zh="地址末段用 {known} 之一",
    do_en="end the address with one of {known}",
)
NO_FIELD = define(
    "BH-BOS-006",
    Reject,
    zh="缺少 {field},或它不是 1 至 64 个字符的文本",
    en="{field} is missing, or is not a text of 1 to 64 characters",
    do_zh="填写 {field}",
    do_en="fill in {field}",
)
PROCESSING = define(
    "BH-BOS-007",
    Retry,
    zh="已收到,票据正在开具,或在等待缴款到账",
    en="received; the bill is being issued, or waits for its payment",
    do_zh="稍后用相同的 busNo 和相同内容再次请求,将得到同一张票据",
    do_en="ask again later with the same busNo and the same content; the same bill will be answered",
)
NO_BILL = define(
    "BH-BOS-008",
    Reject,
    zh="没有这张票据",
    en="there is no such bill",
    do_zh="核对 billBatchCode 和 billNo",
    do_en="check billBatchCode and billNo",
)

IS_RED = define(
    "BH-BOS-009",
    Reject,
    zh="要冲红的票据本身就是红票",
    en="the bill to be written off is a red bill itself",
    do_zh="填写蓝票的 billBatchCode 和 billNo;重新开票请用新的 busNo",
    do_en="name the blue bill by billBatchCode and billNo; for a new bill use a new busNo",
)

RESULTS: Final = {
    BAD_SIGN.code: "E1001",
    WRONG_APPID.code: "E1002",
    BAD_ENVELOPE.code: "E1003",
    BAD_DATA.code: "E1004",
    NO_METHOD.code: "E1005",
    NO_FIELD.code: "E1006",
    PROCESSING.code: "E2001",
    NO_BILL.code: "E3001",
    IS_RED.code: "E3002",
}
"""Our own faults → the sender's result code."""

RESULTS_BY_KIND: Final[tuple[tuple[type[Fault], str], ...]] = (
    (Reject, "E4000"),  # wrong content: mapping, sums, a busNo repeated with other content
    (Park, "E5000"),  # kept, a person looks; not to be sent again
    (Retry, "E6000"),  # busy: send the same again later
    (Unknown, "E6001"),  # the outcome is not known yet: ask again with the same busNo
    (Config, "E9000"),
)
"""Faults of other rooms, by what the sender should do next; the text carries the exact code."""


def result_of(fault: Fault) -> str:
    """The result code a sender is told for a fault."""
    own = RESULTS.get(fault.code.code)
    if own is not None:
        return own
    return next((code for kind, code in RESULTS_BY_KIND if isinstance(fault, kind)), "E9000")
