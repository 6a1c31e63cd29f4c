"""What can be wrong with a message under a mapping (BH-MAP-0xx). No fault quotes a value a person could be known by."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Park, Reject, define

CHARGE_NO: Final = define(
    "BH-MAP-001",
    Park,
    zh="消息里没有收费编号({field})",
    en="the message has no charge number ({field})",
    do_zh="检查来源路径 {path};发送方应填写收费编号,或换一条路径",
    do_en="check the source path {path}; the sender has to fill it, or map another path",
)
REQUIRED: Final = define(
    "BH-MAP-002",
    Park,
    zh="必填字段 {field} 为空",
    en="the required field {field} is empty",
    do_zh="检查来源路径 {path};可用 first 给出备用路径,或用 default 给出缺省值",
    do_en="check the source path {path}; give further paths with `first`, or a value with `default`",
)
CODE: Final = define(
    "BH-MAP-003",
    Park,
    zh="对照表 {table} 里没有代码 {found}",
    en="the table {table} has no code {found}",
    do_zh="在对照表中补上这个代码,然后重放此消息",
    do_en="add the code to the table, then replay the message",
)
AMOUNT: Final = define(
    "BH-MAP-004",
    Park,
    zh="字段 {field} 不是金额(形如 {found})",
    en="{field} is not an amount (it looks like {found})",
    do_zh="yuan 要最多两位小数的数,fen 要整数;有千分位时先用 replace 去掉",
    do_en="`yuan` wants a number with two decimals at most, `fen` a whole number; drop separators with `replace` first",
)
TIME: Final = define(
    "BH-MAP-005",
    Park,
    zh="字段 {field} 的时间读不懂(形如 {found})",
    en="the time in {field} cannot be read (it looks like {found})",
    do_zh="在 time 或 day 的格式列表中补上这种格式",
    do_en="add this format to the list of `time` or `day`",
)
NUMBER: Final = define(
    "BH-MAP-006",
    Park,
    zh="字段 {field} 不是最多六位小数的数(形如 {found})",
    en="{field} is not a number of at most six decimals (it looks like {found})",
    do_zh="检查来源路径 {path}",
    do_en="check the source path {path}",
)
VALUE: Final = define(
    "BH-MAP-007",
    Park,
    zh="字段 {field} 的内容不合规定({reason})",
    en="the content of {field} breaks its rule ({reason})",
    do_zh="检查来源路径 {path},或用 max、only、table 等转换",
    do_en="check the source path {path}, or use a transform such as `max`, `only` or `table`",
)
NOT_TEXT: Final = define(
    "BH-MAP-008",
    Park,
    zh="路径 {path} 得到的不是一个文本值({reason})",
    en="the path {path} does not give one text ({reason})",
    do_zh="把路径写到单个值为止",
    do_en="write the path down to a single value",
)
NO_ITEMS: Final = define(
    "BH-MAP-009",
    Park,
    zh="收费事件没有项目行,也没有其他事件",
    en="the charge has no item line, and the message makes no other event",
    do_zh="检查 items 的 each 和 where",
    do_en="check `each` and `where` of the items",
)
TREE: Final = define(
    "BH-MAP-010",
    Park,
    zh="消息的结构与映射的 reads: {reads} 不符",
    en="the message is not of the shape this mapping reads ({reads})",
    do_zh="检查数据源的适配器与映射是否配套",
    do_en="check that the source's adapter and this mapping belong together",
)
TOO_MANY: Final = define(
    "BH-MAP-011",
    Park,
    zh="消息产生的事件超过 {limit} 个",
    en="the message makes more than {limit} events",
    do_zh="检查 each 是否过宽",
    do_en="check whether `each` selects too much",
)
UNEXPECTED: Final = define(
    "BH-MAP-012",
    Park,
    zh="第 {number} 个 {each} 的 {path} 不是 {wanted} 之一",
    en="{path} of {each} number {number} is none of {wanted}",
    do_zh="发送方应改正;如这个值有意义,在映射的 require 和相应的规则中补上",
    do_en="the sender has to correct it; if the value means something, add it to `require` and to the rules it needs",
)
NO_MAPPING: Final = define(
    "BH-MAP-020",
    Reject,
    zh="本数据源没有映射接收这类消息",
    en="no mapping of the source takes this kind of message",
    do_zh="如应接收,在单位 YAML 的 mappings 中补上映射,或检查各映射的 when",
    do_en="if it should be taken, add a mapping to the source in the unit's YAML, or check `when` of those it has",
)
CHARGE_LEFT_OUT: Final = define(
    "BH-MAP-021",
    Park,
    zh="收费事件没有项目行,已略去",
    en="a charge without item lines was left out",
    do_zh="如应有收费,检查 items 的 each 和 where",
    do_en="if there should be a charge, check `each` and `where` of the items",
)
INVALID: Final = define(
    "BH-MAP-100",
    Config,
    zh="映射文件有 {count} 处错误,例如 {first}",
    en="the mapping has {count} errors, for example {first}",
    do_zh="运行 billhub check 查看全部",
    do_en="run `billhub check` to see all of them",
)
