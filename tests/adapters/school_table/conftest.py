"""What the tests share: a source, deliveries, and small tables written out as a school would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

import pytest

from adapters.education.school_table.adapter import SchoolTable, connect
from hub.adapter import Delivery, Message

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 9, 2, 8, 0, 0, 0, CHINA)
HEAD = "学号,姓名,身份证号,学年,学期,收费项目代码,收费项目,应收,减免,实收,缴费方式,流水号,缴费时间"
ROW = "0026001,测试甲,990100200601010012,2026-2027,1,0101,学费,5000.00,,5000.00,微信,LS1,2026-09-01 08:00:00"


@pytest.fixture
def source() -> SchoolTable:
    return connect({"school": "10001", "amounts": "yuan"})


def delivery(body: bytes, headers: Mapping[str, str] | None = None, query: str = "") -> Delivery:
    return Delivery(body=body, received_at=NOW, headers=headers or {}, query=query)


def text(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def read(source: SchoolTable, body: bytes) -> Sequence[Message]:
    return source.read(delivery(body))


def with_cell(column: str, value: str) -> str:
    """ROW with one cell changed, quoted."""
    cells = ROW.split(",")
    cells[HEAD.split(",").index(column)] = '"' + value.replace('"', '""') + '"'
    return ",".join(cells)


def faults(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [
        (message.fault.code.code, str(message.fault.values.get("column", "")))
        for message in messages
        if message.fault is not None
    ]
