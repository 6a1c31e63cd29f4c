"""Builds HL7 v2 messages for the tests; every person is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from adapters.his.hl7v2.adapter import connect
from hub.adapter import Answer, Delivery, Message, Outcome

AT = datetime(2026, 11, 25, 1, 40, tzinfo=UTC)
NAME = "张测试"
SECRET = "机密地址示例路9号"


def msh(
    control_id: str = "M1",
    kind: str = "DFT^P03",
    *,
    charset: str = "",
    version: str = "2.4",
    processing: str = "P",
    accept: str = "",
    application: str = "",
) -> str:
    return (
        rf"MSH|^~\&|HIS|HOSP|BILLHUB|HUB|20261125093106||{kind}|{control_id}|{processing}|{version}|||"
        rf"{accept}|{application}||{charset}"
    )


def dft(control_id: str = "M1", name: str = NAME, end: str = "\r", lines: int = 1, **header: Any) -> str:
    rows = [f"FT1|{n}|T{n}||20261125|20261125|CG|JCF^检查费|||1|{n}.00&CNY|{n}.00" for n in range(1, lines + 1)]
    pid = f"PID|1||P1^^^HOSP^PI||{name}||19000101|M|||{SECRET}||13900000001|||||AC1"
    return end.join([msh(control_id, **header), "EVN|P03", pid, "PV1|1|O|||||||||||||||||V1", *rows]) + end


def delivery(body: bytes, door: Literal["http", "mllp", "folder"] = "mllp") -> Delivery:
    return Delivery(body, AT, door)


def read(body: bytes | str, **settings: Any) -> Sequence[Message]:
    return connect(settings).read(delivery(body.encode() if isinstance(body, str) else body))


def one(body: bytes | str, **settings: Any) -> Message:
    (message,) = read(body, **settings)
    return message


def good(body: bytes | str, **settings: Any) -> Message:
    message = one(body, **settings)
    assert message.fault is None, message.fault
    return message


def fault_code(body: bytes | str, **settings: Any) -> str:
    message = one(body, **settings)
    assert message.fault is not None
    assert message.tree is None
    return message.fault.code.code


def answer(body: bytes | str, outcome: Outcome | None = None, door: Literal["http", "mllp"] = "mllp") -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    source, sent = connect({}), delivery(raw, door)
    results = [
        (message, Outcome("refused", message.fault) if message.fault else outcome or Outcome("applied"))
        for message in source.read(sent)
    ]
    return source.answer(sent, results)


def field(message: Message, segment: str, number: int) -> Any:
    row = next(row for row in message.tree["segments"] if row[0] == segment)
    return row[number] if number < len(row) else None
