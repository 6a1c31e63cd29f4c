"""The simulator over a real socket: it sends until `success`, and misbehaves on request."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.adapter import Message
from hub.errors import Reject
from hub.simulators.alipay import Alipay, blast, broken, deliver, main

Read = Callable[..., Message]


class Receiver:
    """Keeps what it gets and answers from a list, then `success`."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in/demo/alipay"
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                self.bodies.append(await reader.readexactly(length))
                answer = self.answers.pop(0) if self.answers else b"success"
                if answer == b"cut":
                    break
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
        except (EOFError, ConnectionError):
            pass
        writer.close()


async def test_it_sends_the_same_bytes_until_success(alipay: Alipay, read: Read) -> None:
    receiver = Receiver(b"fail", b"cut", b"<html>")
    async with receiver.listening() as url:
        trade, sent = await alipay.pay(url, "C1", 500)
    assert (sent.ok, sent.sends) == (True, 4)
    assert len(set(receiver.bodies)) == 1
    assert read(receiver.bodies[0]).tree["trade_no"] == trade.trade_no


async def test_it_gives_up_after_its_schedule(alipay: Alipay) -> None:
    receiver = Receiver(*[b"SUCCESS"] * 3)
    async with receiver.listening() as url:
        sent = await deliver(url, alipay.paid("C1", 1), schedule=(0, 0))
    assert (sent.ok, sent.sends) == (False, 2)


async def test_a_life_of_a_trade(alipay: Alipay, read: Read) -> None:
    receiver = Receiver()
    async with receiver.listening() as url:
        trade, _ = await alipay.pay(url, "C1", 500)
        await alipay.refund(url, trade, 200, "R1")
        await alipay.refund(url, trade, 300, "R2")
        other, _ = await alipay.pay(url, "C2", 500)
        await alipay.finish(url, other)
        await alipay.close(url, "C3", 500)
    assert [read(body).kind for body in receiver.bodies] == ["paid", "refund", "refund", "paid", "paid", "closed"]


async def test_duplicates_and_reorder(alipay: Alipay) -> None:
    bodies = [alipay.paid(f"C{n}", 1) for n in range(20)]
    receiver = Receiver()
    async with receiver.listening() as url:
        await alipay.misbehave(url, bodies, duplicate=2)
        answers = await blast(url, bodies, connections=4)
    assert sorted(receiver.bodies[:60]) == sorted(bodies * 3)
    assert [body for body in receiver.bodies[:60] if body in bodies] != sorted(bodies * 3, key=bodies.index)
    assert answers == [(200, b"success")] * 20


def test_a_broken_one_is_refused(alipay: Alipay, read: Read) -> None:
    with pytest.raises(Reject, match="BH-ALI-004"):
        read(broken(alipay.paid("C1", 1)))


async def test_the_command_line(tmp_path: Path) -> None:
    receiver = Receiver()
    async with receiver.listening() as url:
        arguments = [url, "C1", "100", "--keys", str(tmp_path), "--refund-fen", "40", "--charset", "gbk"]
        code = await asyncio.to_thread(main, arguments)
    assert code == 0
    assert len(receiver.bodies) == 2
    assert (tmp_path / "alipay.pem").read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----")
