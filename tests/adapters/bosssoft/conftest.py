"""What the tests share: the source under test, deliveries, bills, and a bare HTTP server to put the source behind."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from adapters.his.bosssoft.adapter import Bosssoft, connect
from hub.adapter import Answer, Delivery
from hub.bill.bill import Bill, Related
from hub.bill.line import Item
from hub.bill.money import Fen
from hub.bill.party import Payer, Unit
from hub.simulators.hospital_bosssoft import Hospital

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 23, 9, 30, 15, 123000, CHINA)


@pytest.fixture
def source() -> Bosssoft:
    return connect(
        {"appid": "TESTAPP", "key": "TESTKEY", "picture_url": "http://bills.invalid/{code}/{number}/{check_code}"}
    )


@pytest.fixture
def hospital() -> Hospital:
    return Hospital("http://127.0.0.1:1", "TESTAPP", "TESTKEY", seed=3)


def delivery(body: bytes, method: str = "invoiceEBillOutpatient") -> Delivery:
    return Delivery(body=body, received_at=NOW, path=method)


def opened(answer: Answer) -> tuple[str, str]:
    inner = json.loads(base64.b64decode(json.loads(answer.body)["data"]))
    return inner["result"], base64.b64decode(inner["message"]).decode()


def bill(**changes: Any) -> Bill:
    made: dict[str, Any] = {
        "id": "b1",
        "status": "issued",
        "kind": "medical_outpatient",
        "unit": Unit(id="h", name="示例医院", uscc="12320900E87506531", region="320900"),
        "bill_name": "医疗门诊收费票据(电子)",
        "bill_code": "32060126",
        "bill_number": "0000000042",
        "check_code": "a1b2c3",
        "issued_at": NOW,
        "payer": Payer(name="测试甲"),
        "items": (Item(code="01", name="床位费", amount_fen=Fen(100)),),
        "total_fen": Fen(100),
        "paid_fen": Fen(100),
    }
    return Bill(**made | changes)


def red(code: str = "32060126", number: str = "0000000043") -> Related:
    return Related(relation="reversed_by", bill_code=code, bill_number=number)


@asynccontextmanager
async def served(answer_of: Callable[[Delivery], Answer], prefix: str) -> AsyncIterator[str]:
    """One request a connection, over a real socket; yields the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path, _, query = first.split(" ")[1].partition("?")
        answer = answer_of(
            Delivery(
                body=body, received_at=NOW, path=path.removeprefix(prefix).strip("/"), query=query, headers=headers
            )
        )
        writer.write(
            f"HTTP/1.1 {answer.status} OK\r\ncontent-type: {answer.content_type}\r\n"
            f"content-length: {len(answer.body)}\r\nconnection: close\r\n\r\n".encode()
            + answer.body
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}{prefix}"
