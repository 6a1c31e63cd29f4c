"""queryTrans against the simulated gateway, over real sockets: what the answer does to a reported payment."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.payment.unionpay.adapter import UnionPay as Source
from adapters.payment.unionpay.adapter import connect
from adapters.payment.unionpay.wire import read_answer
from hub.adapter import Asker, Message, Question, Response
from hub.errors import Fault, Reject, Retry
from hub.simulators.unionpay import State, UnionPay
from tests.adapters.unionpay.conftest import NOW

Read = Callable[..., Message]


async def ask(unionpay: UnionPay, settings: dict[str, Any], read: Read, state: State) -> Sequence[Message]:
    """Notification, question, a real request, and the adapter's reading of the answer."""
    async with unionpay.gateway() as url:
        source = connect(settings | {"gateway": url})
        trade = unionpay.trade("C00000077", 100, state)
        question = source.question(read(unionpay.form(unionpay.fields(trade))))
        assert question is not None
        request = source.ask(question, NOW)
        async with httpx.AsyncClient(trust_env=False) as client:
            got = await client.request(request.method, request.url, content=request.body, headers=dict(request.headers))
        return source.understand(question, Response(got.status_code, got.content, dict(got.headers)))


async def test_a_paid_trade_is_confirmed(unionpay: UnionPay, settings: dict[str, Any], read: Read) -> None:
    (message,) = await ask(unionpay, settings, read, "paid")
    assert message.kind == message.tree["happening"] == "confirmed"
    assert message.tree["txnAmt"] == "100"
    assert message.tree["cardTransData"] == "{carrierAppTp=1&carrierTp=2}"
    assert message.tree["reserved"] == "[a=1&b={2]"


@pytest.mark.parametrize(
    ("state", "kind", "code"),
    [
        ("not_yet", Retry, "BH-UPA-031"),
        ("wrong_amount", Reject, "BH-UPA-033"),
        ("bad_signature", Retry, "BH-UPA-036"),
        ("stranger", Retry, "BH-UPA-036"),
        ("failed", Reject, "BH-UPA-034"),
    ],
)
async def test_what_does_not_confirm(
    unionpay: UnionPay, settings: dict[str, Any], read: Read, state: State, kind: type[Fault], code: str
) -> None:
    with pytest.raises(kind) as error:
        await ask(unionpay, settings, read, state)
    assert error.value.code.code == code


async def test_an_unknown_trade_gives_nothing(unionpay: UnionPay, settings: dict[str, Any], read: Read) -> None:
    assert await ask(unionpay, settings, read, "unknown") == ()


async def test_a_cut_connection_is_no_answer(unionpay: UnionPay, settings: dict[str, Any], read: Read) -> None:
    with pytest.raises(httpx.TransportError):
        await ask(unionpay, settings, read, "cut")


def test_the_gateway_takes_only_the_merchants_signature(
    unionpay: UnionPay, source: Source, settings: dict[str, Any], read: Read
) -> None:
    question = source.question(read(unionpay.paid("C0000001", 100)))
    assert question is not None
    form = source.ask(question, NOW).body
    assert b"respCode=00" in (unionpay.answer(form) or b"")
    with pytest.raises(Retry, match="BH-UPA-031"):
        source.understand(
            question, Response(200, unionpay.answer(form.replace(b"&signature=", b"&signature=AAAA")) or b"")
        )
    pem = connect(
        settings | {"sign_cert": unionpay.merchant.pem, "sign_key": unionpay.merchant.key_pem, "sign_password": ""}
    )
    assert pem.ask(question, NOW).body == form


def test_only_a_reported_payment_is_asked_about(
    unionpay: UnionPay, source: Source, settings: dict[str, Any], read: Read
) -> None:
    assert isinstance(source, Asker)
    trade = unionpay.trade("C0000001", 100)
    assert source.question(read(unionpay.form(unionpay.fields(trade)))) is not None
    assert source.question(read(unionpay.form(unionpay.fields(trade, "61")))) is None
    trade.txn_type, trade.orig_query_id = "04", "202603020000000000001"
    assert source.question(read(unionpay.form(unionpay.fields(trade)))) is None
    silent = connect({name: settings[name] for name in ("mer_id", "root", "middle")})
    assert silent.question(read(unionpay.paid("C0000001", 100))) is None


def test_the_documented_schedule(source: Source) -> None:
    waits = [source.wait_seconds(Question(fields={}, asked=asked)) for asked in range(12)]
    assert waits == [1, 2, 4, 8, 16, 32, 300, 600, 1800, 3600, 7200, None]


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("merId", Retry, "BH-UPA-036"),
        ("orderId", Retry, "BH-UPA-036"),
        ("txnTime", Retry, "BH-UPA-036"),
        ("queryId", Reject, "BH-UPA-032"),
    ],
)
def test_an_answer_about_another_trade_confirms_nothing(
    unionpay: UnionPay, source: Source, read: Read, name: str, kind: type[Fault], code: str
) -> None:
    question = source.question(read(unionpay.paid("C0000001", 100)))
    assert question is not None
    answer = unionpay.answer(source.ask(question, NOW).body) or b""
    other = question.model_copy(update={"fields": question.fields | {name: "1" * 20}})
    with pytest.raises(kind, match=code):
        source.understand(other, Response(200, answer))


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (500, b"x", "BH-UPA-035"),
        (200, b"", "BH-UPA-035"),
        (302, b"", "BH-UPA-035"),
        (200, b"<html>", "BH-UPA-036"),
        (200, b"a=1&a=2", "BH-UPA-036"),
        (200, b"a={1", "BH-UPA-036"),
        (200, b"respCode=00&respMsg=ok", "BH-UPA-036"),
    ],
)
def test_what_is_no_answer(unionpay: UnionPay, source: Source, read: Read, status: int, body: bytes, code: str) -> None:
    question = source.question(read(unionpay.paid("C0000001", 100)))
    assert question is not None
    with pytest.raises(Retry) as error:
        source.understand(question, Response(status, body))
    assert error.value.code.code == code


def test_without_an_ask_the_certificate_is_judged_at_the_trades_time(
    unionpay: UnionPay, settings: dict[str, Any], read: Read
) -> None:
    asking, fresh = connect(settings), connect(settings)
    question = asking.question(read(unionpay.paid("C0000001", 100)))
    assert question is not None
    answer = Response(200, unionpay.answer(asking.ask(question, NOW).body) or b"")
    assert len(fresh.understand(question, answer)) == 1
    asking.ask(question, NOW + timedelta(days=500))
    with pytest.raises(Retry, match=r"BH-UPA-036.*BH-UPA-008"):
        asking.understand(question, answer)


def test_groups_may_hold_ampersands() -> None:
    assert read_answer(b"a=1&b={x=1&y=2}&c=[p&q]tail&d=&e=x=y==") == {
        b"a": b"1",
        b"b": b"{x=1&y=2}",
        b"c": b"[p&q]tail",
        b"d": b"",
        b"e": b"x=y==",
    }


@given(st.binary(max_size=200) | st.text("ab=&{}[]", max_size=60).map(str.encode))
def test_any_answer_is_read_or_refused(body: bytes) -> None:
    try:
        fields = read_answer(body)
    except Reject:
        return
    assert fields
    assert all(fields)


def test_a_long_unclosed_group_costs_no_time() -> None:
    with pytest.raises(Reject):
        read_answer(b"a=" + b"{[" * 30000)


async def test_the_simulator_sends_until_it_is_answered_200(unionpay: UnionPay, read: Read) -> None:
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        got.append(await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])))
        status = b"200 OK" if len(got) > 2 else b"503 Busy"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in/demo/unionpay"
    trade, status = await unionpay.pay(url, "C0000001", 100)
    back, _ = await unionpay.refund(url, trade, 40)
    undone, _ = await unionpay.refund(url, trade, 100, cancel=True)
    server.close()
    assert status == 200
    assert got[0] == got[1] == got[2]
    kinds = [read(body) for body in got[2:]]
    assert [message.kind for message in kinds] == ["paid", "refund", "cancel"]
    assert kinds[1].tree["origQryId"] == trade.query_id
    assert back.query_id != undone.query_id
