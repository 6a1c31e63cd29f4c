"""What can be wrong in a mapping file (BH-MAP-1xx), each with what to write instead."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, FaultCode, define


def _finding(number: int, zh: str, en: str, do_zh: str, do_en: str) -> FaultCode:
    return define(f"BH-MAP-{number}", Config, zh=zh, en=en, do_zh=do_zh, do_en=do_en)


SHAPE: Final = _finding(
    101, "{key} 应当是{wanted_zh}", "{key} has to be {wanted_en}", "写成 {example}", "write {example}"
)
UNKNOWN_KEY: Final = _finding(102, "不认识的键 {key}", "unknown key {key}", "{write}", "{write}")
MISSING_KEY: Final = _finding(103, "缺少键 {key}", "the key {key} is missing", "写上 {example}", "write {example}")
UNKNOWN_READS: Final = _finding(104, "不认识的 reads: {found}", "unknown reads: {found}", "{write}", "{write}")
UNKNOWN_EMIT: Final = _finding(105, "不认识的 emit: {found}", "unknown emit: {found}", "{write}", "{write}")
UNKNOWN_FIELD: Final = _finding(106, "{kind} 没有字段 {found}", "a {kind} has no field {found}", "{write}", "{write}")
UNKNOWN_TRANSFORM: Final = _finding(107, "不认识的转换 {found}", "unknown transform {found}", "{write}", "{write}")
ARGUMENT: Final = _finding(
    108,
    "转换 {name} 的参数不对:{reason}",
    "wrong argument of {name}: {reason}",
    "写成 {example}",
    "write {example}",
)
TABLE_FILE: Final = _finding(
    109,
    "对照表文件读不了:{reason}",
    "the table file cannot be used: {reason}",
    "在映射旁放一个 UTF-8 的 CSV,首行为 from,to",
    "put a UTF-8 CSV beside the mapping whose first line is from,to",
)
UNKNOWN_TABLE: Final = _finding(110, "没有名为 {found} 的对照表", "there is no table {found}", "{write}", "{write}")
PATH: Final = _finding(
    111,
    "{reads} 的路径 {found} 写法不对:{reason}",
    "{found} is not a path for {reads}: {reason}",
    "写成 {example} 这样",
    "write for example {example}",
)
NOT_MAPPED: Final = _finding(
    112,
    "{kind} 的必填字段 {field} 没有映射",
    "the required field {field} of a {kind} is not mapped",
    "在 fields 下加 {example}",
    "add under fields: {example}",
)
MONEY: Final = _finding(
    113,
    "金额字段 {field} 没说明单位",
    "the amount {field} does not say its unit",
    "在 via 里写 yuan(来源是元)或 fen(来源是分)",
    "put `yuan` (the source is in yuan) or `fen` (in fen) into via",
)
WANTS: Final = _finding(
    114, "字段 {field} 的转换得到{gives},应为{wants}", "{field} gets {gives} but wants {wants}", "{write}", "{write}"
)
ORDER: Final = _finding(
    115,
    "转换 {name} 用于{takes},这里却是{found}",
    "{name} works on {takes}, but here comes {found}",
    "调整 via 的顺序",
    "change the order of via",
)
CONST: Final = _finding(116, "字段 {field} 不能是 {found}", "{field} cannot be {found}", "{write}", "{write}")
NAME: Final = _finding(
    117,
    "mapping 名 {found} 与文件位置不符",
    "the mapping's name {found} is not that of its place",
    "写成 {write}",
    "write {write}",
)
NO_TEST: Final = _finding(
    118,
    "旁边没有测试文件 {file}",
    "there is no test {file} beside it",
    "写一个测试:mapping、adapter、cases,再运行 billhub test --update",
    "write one with mapping, adapter and cases, then run `billhub test --update`",
)
UNUSED_TABLE: Final = _finding(119, "对照表 {found} 没有用到", "the table {found} is not used", "删掉它", "remove it")
UNREADABLE: Final = _finding(
    120,
    "文件读不了:{reason}",
    "the file cannot be read: {reason}",
    "检查文件名和权限",
    "check its name and permissions",
)
TEST_CASE: Final = _finding(
    121, "测试用例不对:{reason}", "the test case is wrong: {reason}", "写成 {example}", "write {example}"
)
