"""A flood of what nobody can use, on the topic and through the doors, beside senders who must not notice it.

On the topic: bytes that no hub wrote, torn messages, messages of a newer release. Through the doors: no HL7, HL7 cut
short, payments with a false signature. What was acknowledged to nobody is refused; what can be kept for a person parks.
"""

from __future__ import annotations

import asyncio
import time
from random import Random

import httpx
import msgspec
from aiokafka import AIOKafkaProducer

from drills.drill import Drill
from drills.hand import Hand
from drills.load import FORM, HOSPITAL
from hub.engine.cluster.connection import client_options
from hub.engine.cluster.records import SCHEMA, pack
from hub.engine.cluster.topics import topics_of
from hub.hubfile import load_hub
from hub.ledger import aad
from hub.simulators.hospital_hl7 import HospitalHl7


async def play(hand: Hand) -> None:
    """A flood through both at once; what the load's senders saw of it is counted."""
    count = hand.of(300, 6000)
    before, started = len(hand.load.at), time.monotonic()
    hand.note(f"向主题和入口各灌入 {count} 条坏消息", f"{count} bad messages each to the topic and to the doors")
    await asyncio.gather(_topic(hand, count), _payments(hand, count // 2), _hospital(hand, count // 2))
    seconds = time.monotonic() - started
    served = (len(hand.load.at) - before) / seconds
    hand.note("洪水过去", "the flood is over")
    hand.counted["served_a_second_meanwhile"] = round(served, 1)
    gap = max(
        later - earlier for earlier, later in zip(hand.load.at[before:], hand.load.at[before + 1 :], strict=False)
    )
    hand.saw("正常发送方没有受影响 (间隔 < 3 秒)", "nobody else had to wait (gap < 3 s)", gap < 3, f"{gap:.1f} s")
    await hand.load.more(hand.of(20, 100))


async def _topic(hand: Hand, count: int) -> None:
    dice = Random(7)  # noqa: S311  (rubbish, no secret)
    hub = load_hub(hand.place.hub)
    topics = topics_of(hub.kafka)
    producer = AIOKafkaProducer(**client_options(hub), acks="all")
    await producer.start()
    try:
        waits = []
        for number in range(count):
            match number % 3:
                case 0:
                    value, hand.allowed.refused = dice.randbytes(dice.randint(1, 2000)), hand.allowed.refused + 1
                case 1:
                    value, hand.allowed.refused = _newer(hand, number)[:-7], hand.allowed.refused + 1
                case _:
                    value, hand.allowed.parked = _newer(hand, number), hand.allowed.parked + 1
            waits.append(await producer.send(topics.events, value, partition=number % topics.partitions))
            hand.allowed.sent += 1
        await asyncio.gather(*waits)
    finally:
        await producer.stop()


def _newer(hand: Hand, number: int) -> bytes:
    """A message as a later release might write it: the six fields that never change, and others."""
    mark = f"newer-{number}".encode().ljust(32, b".")
    body = hand.place.vault.seal(HOSPITAL, aad.message_aad(mark), b"what a later release knows")
    head = (f"newer-{number}", HOSPITAL, "his", "2026-11-28T04:00:00.000Z", mark, body, {"later": "fields"})
    return pack([msgspec.msgpack.encode((SCHEMA + 1, head))])


async def _payments(hand: Hand, count: int) -> None:
    """Payments whose signature is false: each is answered, and kept as refused."""
    alipay = hand.place.world.alipay
    async with httpx.AsyncClient(timeout=15, trust_env=False) as client:
        for number in range(count):
            fields = alipay.fields(alipay.trade(f"N{number}", 100))
            body = alipay.sign(fields).replace(b"total_amount=1.00", b"total_amount=9.00")
            answer = await client.post(hand.load.url("alipay"), content=body, headers=FORM)
            if answer.content == b"success":
                raise AssertionError("a false signature was taken")
            hand.allowed.refused += 1
            hand.allowed.sent += 1


async def _hospital(hand: Hand, count: int) -> None:
    """No HL7, and HL7 cut short."""
    dice = Random(8)  # noqa: S311  (rubbish, no secret)
    line = HospitalHl7(*hand.load.address(), seed=99, prefix="X", timeout=15)
    for number in range(count):
        charge = line.writer.charge()
        body = dice.randbytes(200).replace(b"\x1c", b" ").replace(b"\x0b", b" ") if number % 2 else charge.body[:60]
        ack = (await line.send(body, 1))[0]
        if ack.code == "AA":
            raise AssertionError("rubbish was taken")
        hand.allowed.sent += 1
        if number % 2:
            hand.allowed.refused += 1
        else:  # it can be read as far as it goes
            hand.allowed.parked += 1
    await line.close()


DRILL = Drill(
    "poison-flood",
    "坏消息洪水:主题上和入口处",
    "thousands of unreadable, torn and newer messages, on the topic and through the doors",
    play,
)
