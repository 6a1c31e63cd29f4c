"""Kafka's disk fills up: the broker dies of it, senders are told to come again, and go on once there is space."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Somebody else's file takes the disk but for a little."""
    disk, kafka = hand.place.spaces["kafka"], hand.place.kafka
    disk.fill(1)
    hand.note("Kafka 的磁盘只剩 1 MiB", "1 MiB is left on Kafka's disk")
    await hand.until(lambda: not kafka.alive() or disk.free_mib < 0.05, "the disk is full", 120)
    await hand.load.lasts(hand.of(5, 20))
    up = kafka.alive()
    hand.note(
        "磁盘已满," + ("节点还在" if up else "节点已停"),
        "it is full; the broker " + ("is there" if up else "has ended"),
    )
    disk.give()
    kafka.kill()
    await hand.blocking(kafka.start)
    hand.note("腾出空间,重新启动", "there is space again, and the broker is started")
    await hand.load.more(hand.of(20, 100))
    await hand.works()


DRILL = Drill(
    "disk-full-kafka",
    "Kafka 磁盘写满",
    "the disk under Kafka is full; later there is space",
    play,
    shape=Shape(kafka_mib=128),
    needs=("java", "postgres", "mount"),
)
