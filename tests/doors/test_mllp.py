"""The MLLP door: one answer a message, in order, and no acknowledgement while busy."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hub.adapter import Answer, Delivery
from hub.errors import Fault, Reject, Retry, define
from tests.doors.peers import Notes, mllp_door, peer, wait_for

BUSY = define("BH-TST-951", Retry, zh="忙", en="busy", do_zh="稍后", do_en="later")
BAD = define("BH-TST-952", Reject, zh="不对", en="bad", do_zh="改", do_en="mend")
NAK = b"\x0b\x15\x1c\r"


def framed(*messages: bytes) -> bytes:
    return b"".join(b"\x0b" + message + b"\x1c\r" for message in messages)


class Refusals(list[tuple[bytes, str]]):
    async def __call__(self, source: str, delivery: Delivery, fault: Fault) -> Answer:
        self.append((delivery.body, fault.code.code))
        return Answer(b"no " + fault.code.code.encode())


async def test_messages_are_answered_in_order_one_in_flight() -> None:
    running = most = 0

    async def handler(source: str, delivery: Delivery) -> Answer:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Answer(b"ack " + delivery.body)

    bodies = [b"%d" % number for number in range(200)]
    async with mllp_door(handler) as door, peer(door) as sender:
        await sender.send(framed(*bodies))
        got = [await sender.until(b"\x1c\r") for _ in bodies]
    assert got == [framed(b"ack " + body) for body in bodies]
    assert most == 1
    assert door.messages == 200


async def test_a_delivery_is_the_message_alone() -> None:
    notes = Notes()
    async with mllp_door(notes) as door, peer(door) as sender:
        await sender.send(b"junk" + framed("MSH|张".encode("gb18030")))
        await sender.until(b"\x1c\r")
        source, delivery = notes.deliveries[0]
        assert (source, delivery.body, delivery.door) == ("demo/his", "MSH|张".encode("gb18030"), "mllp")
    await wait_for(lambda: door.junk_bytes == 4)


@pytest.mark.parametrize("body", [b"", b"garbage", b"\x00\xff"])
async def test_an_empty_or_garbage_frame_is_answered_by_the_handler(body: bytes) -> None:
    async with mllp_door(Notes()) as door, peer(door) as sender:
        await sender.send(framed(body))
        assert await sender.until(b"\x1c\r") == framed(b"ok:" + body)


async def test_a_commit_and_its_application_answer_are_two_frames() -> None:
    async with mllp_door(Notes(lambda _: Answer(b"CA\x1c\r\x0bAA"))) as door, peer(door) as sender:
        await sender.send(framed(b"x"))
        assert await sender.until(b"AA\x1c\r") == framed(b"CA", b"AA")


async def test_an_empty_answer_writes_nothing_and_the_connection_goes_on() -> None:
    async with mllp_door(Notes(lambda got: Answer(got.body.removeprefix(b"silent")))) as door, peer(door) as sender:
        await sender.send(framed(b"silent", b"x"))
        assert await sender.until(b"\x1c\r") == framed(b"x")
        assert door.messages == 2


@pytest.mark.parametrize("end", [b"\x1c", b"\x1c\n"])
async def test_an_end_without_its_last_byte_is_seen_by_the_silence(end: bytes) -> None:
    async with mllp_door(Notes(), tail_seconds=0.05) as door, peer(door) as sender:
        for _ in range(2):
            await sender.send(b"\x0bhi" + end)
            assert await sender.until(b"\x1c\r") == framed(b"ok:hi")


async def test_a_half_closed_sender_gets_its_answers_and_half_a_message_is_dropped() -> None:
    notes = Notes()
    async with mllp_door(notes) as door, peer(door) as sender:
        await sender.send(framed(b"one") + b"\x0btwo\x1c\x0bhal")
        sender.writer.write_eof()
        assert await sender.to_end() == framed(b"ok:one", b"ok:two")
        await wait_for(lambda: door.half_frames == 1)
    assert notes.bodies == [b"one", b"two"]


async def test_a_last_message_without_its_last_byte_counts_at_the_close() -> None:
    async with mllp_door(Notes(), tail_seconds=60) as door, peer(door) as sender:
        await sender.send(b"\x0bone\x1c")
        sender.writer.write_eof()
        assert await sender.to_end() == framed(b"ok:one")


async def test_too_large_is_refused_by_the_hook_and_closed() -> None:
    refusals = Refusals()
    notes = Notes()
    async with mllp_door(notes, refusals, max_frame=10_000) as door:
        async with peer(door) as sender:
            await sender.send(framed(b"x" * 10_000))
            await sender.until(b"\x1c\r")
        for raw in (framed(b"y" * 10_001), b"\x0b" + b"y" * 200_000):
            async with peer(door) as sender:
                await sender.send(raw)
                assert await sender.to_end() == framed(b"no BH-DOR-030")
    assert len(notes.bodies) == 1
    assert refusals == [(b"y" * 4096, "BH-DOR-030")] * 2
    assert door.refused == 2


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"\x0bMSH|half", "BH-DOR-032"), (b"MSH|bare\r", "BH-DOR-031"), (b"GET / HTTP/1.1\r\n\r\n", "BH-DOR-031")],
)
async def test_what_never_ends_is_answered_and_closed(raw: bytes, code: str) -> None:
    refusals = Refusals()
    notes = Notes()
    async with mllp_door(notes, refusals, frame_seconds=0.1) as door, peer(door) as sender:
        await sender.send(raw)
        assert await sender.to_end() == framed(b"no " + code.encode())
    assert refusals == [(raw.removeprefix(b"\x0b"), code)]
    assert notes.bodies == []


async def test_an_unframed_message_is_answered_at_the_close() -> None:
    async with mllp_door(Notes()) as door, peer(door) as sender:
        await sender.send(b"MSH|bare\r")
        sender.writer.write_eof()
        assert await sender.to_end() == NAK


async def test_endless_junk_is_cut() -> None:
    async with mllp_door(Notes(), max_junk=1000) as door, peer(door) as sender:
        await sender.send(b"x" * 5000)
        assert await sender.to_end() == NAK


async def test_a_trickle_does_not_put_the_time_off() -> None:
    async with mllp_door(Notes(), frame_seconds=0.15) as door, peer(door) as sender:
        await sender.send(b"\x0b")

        async def trickle() -> None:
            while True:
                await sender.send(b"x")
                await asyncio.sleep(0.02)

        task = asyncio.create_task(trickle())
        assert await sender.to_end() == NAK
        task.cancel()


@pytest.mark.parametrize("before", [b"", b"\r\n", framed(b"hi")])
async def test_an_idle_connection_is_closed(before: bytes) -> None:
    async with mllp_door(Notes(), idle_seconds=0.1) as door, peer(door) as sender:
        await sender.send(before)
        assert await sender.to_end() == (framed(b"ok:hi") if before[:1] == b"\x0b" else b"")


async def test_a_busy_hub_does_not_acknowledge_until_it_has_taken_the_message() -> None:
    notes = Notes()
    notes.faults = [BUSY(), BUSY(), BUSY()]
    async with mllp_door(notes, retry_seconds=0.01) as door, peer(door) as sender:
        await sender.send(framed(b"one", b"two"))
        assert await sender.until(b"\x1c\r") == framed(b"ok:one")
        assert await sender.until(b"\x1c\r") == framed(b"ok:two")
    assert notes.bodies == [b"one"] * 4 + [b"two"]


async def test_a_busy_hub_stops_reading() -> None:
    notes = Notes()
    notes.faults = [BUSY()] * 100_000
    async with mllp_door(notes, retry_seconds=0.01, retry_most_seconds=0.01) as door, peer(door) as sender:
        sending = asyncio.create_task(sender.send(framed(b"x" * 1000) * 20_000))
        await wait_for(lambda: len(notes.bodies) > 5)
        assert not sending.done()
        await asyncio.wait_for(door.close(60), 30)
        assert b"\x0b" not in await sender.to_end()
        sending.cancel()


async def test_what_the_handler_raises_is_answered_and_the_connection_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    notes = Notes()
    notes.faults = [BAD(), ValueError("张三")]
    refusals = Refusals()
    with caplog.at_level(logging.DEBUG):
        async with mllp_door(notes, refusals) as door, peer(door) as sender:
            await sender.send(framed(b"one", b"two", b"three"))
            got = [await sender.until(b"\x1c\r") for _ in range(3)]
    assert got == [framed(b"no BH-TST-952"), framed(b"no BH-DOR-021"), framed(b"ok:three")]
    assert "张三" not in caplog.text


async def test_an_answer_may_close() -> None:
    async with mllp_door(Notes(lambda _: Answer(b"bye", close=True))) as door, peer(door) as sender:
        await sender.send(framed(b"one", b"two"))
        assert await sender.to_end() == framed(b"bye")


async def test_too_many_connections() -> None:
    async with mllp_door(Notes(), max_connections=1) as door, peer(door) as one:
        await one.send(framed(b"hi"))
        await one.until(b"\x1c\r")
        async with peer(door) as two:
            assert await two.to_end() == b""
        await one.send(framed(b"hi"))
        assert await one.until(b"\x1c\r") == framed(b"ok:hi")


async def test_close_finishes_what_is_in_flight() -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    async with mllp_door(notes) as door, peer(door) as idle, peer(door) as busy:
        await wait_for(lambda: len(door.connections) == 2)
        await busy.send(framed(b"one", b"two"))
        await notes.arrived.wait()
        closing = asyncio.create_task(door.close(5))
        assert await idle.to_end() == b""
        notes.gate.set()
        assert await busy.to_end() == framed(b"ok:one")
        await closing
    assert notes.bodies == [b"one"]


async def test_close_does_not_wait_for_ever() -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    async with mllp_door(notes) as door, peer(door) as sender:
        await sender.send(framed(b"one"))
        await notes.arrived.wait()
        await asyncio.wait_for(door.close(0.05), 30)
        assert await sender.to_end() == b""
