"""Three brokers, three copies, two needed: one after another is killed and comes back, and never is anything lost."""

from __future__ import annotations

from functools import partial

from drills.drill import Drill
from drills.hand import Hand
from drills.stage import Shape


async def play(hand: Hand) -> None:
    """Once round, or twice; in the long form two at once at the end, when nobody may be told that it is safe."""
    kafka = hand.place.kafka
    for _ in range(hand.of(1, 2)):
        for node in kafka.nodes:
            kafka.kill(node)
            hand.note(f"kill -9 Kafka 节点 {node}", f"kill -9 to broker {node}")
            await hand.load.more(hand.of(15, 60))
            await hand.blocking(partial(kafka.start, node))
            hand.note(f"节点 {node} 重新启动", f"broker {node} is started again")
            await hand.load.more(hand.of(15, 60))
    if not hand.short:
        kafka.kill(1, 2)
        hand.note("kill -9 节点 1 与 2", "kill -9 to brokers 1 and 2")
        await hand.load.lasts(15)
        await hand.blocking(partial(kafka.start, 1, 2))
        hand.note("节点 1 与 2 重新启动", "brokers 1 and 2 are started again")
        await hand.load.more(60)


DRILL = Drill(
    "three-brokers",
    "三个 Kafka 节点轮流被 kill -9",
    "three brokers (three copies, two needed), one after another killed (-9)",
    play,
    shape=Shape(brokers=3),
)
