"""The only broker is killed and comes back: doors and workers find it again by themselves."""

from __future__ import annotations

from drills.drill import Drill
from drills.hand import Hand


async def play(hand: Hand) -> None:
    """Once, or three times."""
    kafka = hand.place.kafka
    for _ in range(hand.of(1, 3)):
        kafka.kill()
        hand.note("kill -9 Kafka", "kill -9 to Kafka")
        await hand.blocking(kafka.start)
        hand.note("Kafka 重新启动", "Kafka is started again")
        await hand.load.more(hand.of(15, 100))
        await hand.works()


DRILL = Drill("broker-restart", "Kafka 被 kill -9 后重启", "the broker is killed (-9) and started again", play)
