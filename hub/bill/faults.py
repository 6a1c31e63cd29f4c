"""What can be wrong with a bill's content, each a stable code. None quotes a person's name, number or amount."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, FaultCode, Park, define

UNKNOWN_CODE: Final = define(
    "BH-BIL-001",
    Park,
    zh="代码表 {table} 中没有这个代码",
    en="the table {table} has no such code",
    do_zh="改用表中的代码({known}),或在映射的 tables 中补上对应关系",
    do_en="use one of {known}, or add the code to the mapping's tables",
)


def _found(code: str, zh: str, en: str, do_zh: str, do_en: str) -> FaultCode:
    """What `hub.bill.judge` may find; as a fault it parks: an operator has to look before a bill comes of it."""
    return define(code, Park, zh=zh, en=en, do_zh=do_zh, do_en=do_en)


ITEMS_SUM: Final = _found(
    "BH-BIL-010",
    "项目金额之和不等于总金额",
    "the items do not add up to the total",
    "请发送方核对各项目金额与总金额后重发",
    "have the sender correct the items or the total, and send again",
)
SHARES_SUM: Final = _found(
    "BH-BIL-011",
    "统筹、其他、个人账户与现金之和不等于总金额",
    "fund, other fund, account and cash do not add up to the total",
    "请发送方核对医保结算数据后重发",
    "have the sender check the insurance settlement, and send again",
)
NEGATIVE_TOTAL: Final = _found(
    "BH-BIL-012",
    "金额为负",
    "the amount is negative",
    "退费请发送退款或撤销,不要发送负数收费",
    "send a refund or a cancellation instead of a negative amount",
)
ABSURD_TOTAL: Final = _found(
    "BH-BIL-013",
    "金额超出一张票据的合理范围",
    "the amount is beyond what one bill can be",
    "检查金额单位是元还是分",
    "check whether the amount is in yuan or in fen",
)
ALLOCATIONS_SUM: Final = _found(
    "BH-BIL-014",
    "已分配的缴款与医保支付之和不等于票据总金额",
    "payments and insurance shares on the bill do not add up to its total",
    "不要开具;请在控制台查看该收费事项",
    "do not issue it; look at the case in the console",
)
NOT_NUMBERED: Final = _found(
    "BH-BIL-015",
    "已开票据缺少票据代码、号码、校验码或开票时间",
    "an issued bill lacks its code, number, check code or time of issue",
    "这是程序错误,请报告",
    "this is a defect of the program; report it",
)
RED_OF_NOTHING: Final = _found(
    "BH-BIL-016",
    "红票没有指明被冲红的票据",
    "a red bill does not name the bill it reverses",
    "在 related 中写明 red_of",
    "name it in related, with the relation red_of",
)
NO_AMOUNT: Final = _found(
    "BH-BIL-017",
    "没有金额",
    "there is no amount",
    "在映射中给出 amount_fen(退款也可给 refunded_fen)",
    "map amount_fen (for a refund, refunded_fen will do)",
)
NAMES_NOTHING: Final = _found(
    "BH-BIL-018",
    "没有任何业务键(收费号、缴款码、订单号、就诊号、交易号、票据号码)",
    "it goes by no key: no charge, pay code, order, visit, trade or bill number",
    "在映射中至少给出一个业务键",
    "map at least one key",
)
IDENTITY_SHAPE: Final = _found(
    "BH-BIL-020",
    "证件号码的长度或字符不对",
    "the identity number has the wrong length or characters",
    "请核对证件号码与证件类型",
    "check the number and the kind of document",
)
IDENTITY_CHECK: Final = _found(
    "BH-BIL-021",
    "证件号码的校验位不对",
    "the identity number's check character is wrong",
    "请核对证件号码,多为录入错误",
    "check the number; mostly it was mistyped",
)
IDENTITY_DATE: Final = _found(
    "BH-BIL-022",
    "证件号码中的出生日期不存在",
    "the identity number's date of birth does not exist",
    "请核对证件号码",
    "check the number",
)
BORNE_SUM: Final = _found(
    "BH-BIL-030",
    "自付与自费之和不等于个人账户与现金之和",
    "what the patient bears differs from account and cash together",
    "各地口径不同,可核对医保结算单",
    "regions count differently; compare the settlement sheet",
)
NEGATIVE_SHARE: Final = _found(
    "BH-BIL-031",
    "某项分担金额为负",
    "one of the shares is negative",
    "核对医保结算单",
    "compare the settlement sheet",
)
LINE_AMOUNT: Final = _found(
    "BH-BIL-032",
    "数量乘以标准与金额不符,以金额为准",
    "quantity times price differs from the amount; the amount counts",
    "如非取整所致,请发送方核对该行",
    "unless it is rounding, have the sender check the line",
)
DETAILS_SUM: Final = _found(
    "BH-BIL-033",
    "清单金额之和不等于对应项目的金额",
    "the detail lines do not add up to their item",
    "请发送方核对清单",
    "have the sender check the detail lines",
)
DETAIL_OF_NOTHING: Final = _found(
    "BH-BIL-034",
    "清单行所属的项目不在票面上",
    "a detail line belongs to no item of the face",
    "核对清单的 item_code",
    "check item_code of the detail lines",
)
TOO_MANY_ITEMS: Final = _found(
    "BH-BIL-035",
    "票面项目多于该票据种类的上限",
    "the face has more items than this kind of bill holds",
    "按收费类别合并项目,明细放入清单",
    "sum items by category and put the lines into the details",
)
FAR_TIME: Final = _found(
    "BH-BIL-036",
    "业务时间离现在太远",
    "the business time is far from now",
    "检查发送方的时钟与映射中的时间格式",
    "check the sender's clock and the mapping's time format",
)
DAYS_ORDER: Final = _found(
    "BH-BIL-037",
    "出院日期早于入院日期",
    "the day of discharge is before the day of admission",
    "核对就诊信息",
    "check the visit",
)
NUMBER_SHAPE: Final = _found(
    "BH-BIL-038",
    "票据代码、号码或校验码的形式不寻常(应为 8 位、10 位数字和 6 位字母数字)",
    "the bill's code, number or check code has an unusual form (8 digits, 10 digits, 6 letters or digits)",
    "核对票据平台的设置",
    "check the platform's profile",
)
SHARE_AS_PAYMENT: Final = _found(
    "BH-BIL-039",
    "医保支付被当作缴款上报,应放在 shares 中",
    "insurance money is reported as a payment; it belongs into the shares",
    "在映射中把渠道 11 写入 shares,不要生成 payment",
    "map channel 11 to shares and emit no payment for it",
)
BAD_TYPE: Final = define(
    "BH-ISS-020",
    Config,
    zh="票据种类 {type} 或区划 {region} 不对",
    en="the bill type {type} or the region {region} is wrong",
    do_zh="票据种类为 4 位数字,区划为 6 位数字,都写成带引号的文本",
    do_en="a type has 4 digits and a region 6; write both as quoted text",
)
