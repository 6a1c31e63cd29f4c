"""The columns a fee table may have: their standard names, other names for them, and what kind of cell they hold.

Sources: the fee systems of domain hospitals-schools-insurers 2.1, and the pinyin initials of JY/T 1001-1007.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from adapters.education.school_table.faults import BAD_SETTING

Kind = Literal["id", "amount", "time", "text"]


@dataclass(frozen=True, slots=True)
class Column:
    """A standard column."""

    kind: Kind
    aliases: tuple[str, ...] = ()


COLUMNS: Final[dict[str, Column]] = {
    "学号": Column("id", ("XH", "学生学号", "学籍号", "考生号/学号", "STUDENT_NO")),
    "姓名": Column("text", ("XM", "学生姓名", "缴费人", "交款人")),
    "身份证号": Column("id", ("SFZJH", "SFZH", "身份证", "身份证号码", "证件号码", "证件号", "身份证件号")),
    "手机号": Column("id", ("LXDH", "手机", "手机号码", "联系电话")),
    "学院": Column("text", ("YX", "YXMC", "院系", "学院名称", "系部", "院系名称")),
    "专业": Column("text", ("ZY", "ZYMC", "专业名称")),
    "年级": Column("text", ("NJ", "当前年级", "入学年级")),
    "班级": Column("text", ("BJ", "BJMC", "班级名称")),
    "学年": Column("text", ("XN", "收费学年", "缴费学年", "收费区间")),
    "学期": Column("text", ("XQ", "收费学期")),
    "收费项目代码": Column("id", ("SFXMDM", "项目代码", "项目编码", "收费项目编码", "收费代码")),
    "收费项目": Column("text", ("SFXM", "SFXMMC", "收费项目名称", "项目名称", "缴费项目", "费用名称")),
    "应收": Column("amount", ("YSJE", "应收金额", "应收费用", "应收(元)")),
    "减免": Column("amount", ("JMJE", "减免金额", "减免(元)")),
    "应缴": Column("amount", ("YJJE", "应缴金额", "应交金额", "应交", "应缴(元)")),
    "实收": Column("amount", ("SSJE", "实收金额", "实缴金额", "实缴", "缴费金额", "已缴金额", "实收(元)")),
    "缴费方式": Column("text", ("JFFS", "支付方式", "收费方式", "缴费渠道", "支付渠道")),
    "流水号": Column("id", ("LSH", "缴费流水号", "收费流水号", "业务流水号", "收据号")),
    "缴费时间": Column("time", ("JFSJ", "JFRQ", "缴费日期", "收费日期", "收费时间", "支付时间", "交费时间")),
    "订单号": Column("id", ("DDH", "商户订单号", "缴费订单号", "支付订单号")),
    "交易号": Column("id", ("JYH", "交易流水号", "支付流水号", "渠道交易号", "第三方流水号")),
    "原流水号": Column("id", ("YLSH", "原缴费流水号", "原交易流水号")),
    "缴款识别码": Column("id", ("JKSBM", "缴款码")),
    "备注": Column("text", ("BZ", "说明")),
}
"""Standard heading → kind of cell and the other names it is known by. An `id` stays exactly the text it was."""

AMOUNTS: Final = tuple(name for name, column in COLUMNS.items() if column.kind == "amount")

LINE_NUMBERS: Final = frozenset({"序号", "行号", "编号", "NO", "NO."})
"""Columns that count the lines of one sheet and say nothing of the row: left out of its fingerprint."""


@lru_cache(maxsize=2048)  # headings repeat with every row
def plain(heading: str) -> str:
    """A heading as it is compared: no spaces or line breaks, no required-mark, half-width brackets, upper-case."""
    kept = "".join(heading.split()).strip("*＊:：")
    return kept.translate(str.maketrans("（）", "()")).upper()


def aliases(own: Iterable[str] = ()) -> Mapping[str, str]:
    """Every known name, as compared → the standard heading; `own` entries are "自家名称=标准名称".

    Raises:
        Config: BAD_SETTING.
    """
    known = {plain(name): name for name in COLUMNS}
    for name, column in COLUMNS.items():
        known |= {plain(alias): name for alias in column.aliases}
    for entry in own:
        mine, equals, standard = entry.replace("＝", "=").rpartition("=")
        if not equals or not plain(mine) or standard.strip() not in COLUMNS:
            raise BAD_SETTING("headings", entry=entry[:60], known="、".join(COLUMNS))
        known[plain(mine)] = standard.strip()
    return known
