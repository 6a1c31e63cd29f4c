"""A door's first word to Kafka: a message that holds nothing, to both topics, acknowledged before any sender is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka.errors import ClusterAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from hub.engine.cluster import faults
from hub.engine.cluster.producer import SteadyProducer
from hub.engine.cluster.records import pack
from hub.engine.cluster.topics import PATIENCE, Topics, shown, why_


async def check_writing(options: Mapping[str, Any], topics: Topics) -> None:
    """A door's rights, and that what it sends is acknowledged.

    Raises:
        Config: the right is missing, or nobody acknowledges.
    """
    producer = SteadyProducer(options, topics.largest)
    topic = topics.events
    try:
        async with asyncio.timeout(PATIENCE):
            await producer.start()
            for topic in (topics.events, topics.refused):
                await producer.send(topic, 0, pack(()))
    except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
        raise faults.NO_RIGHT(right="write to", resource=f"topic {topic}") from None
    except (KafkaError, TimeoutError) as error:
        raise faults.UNREACHABLE(servers=shown(options), why=f"no acknowledgement: {why_(error)}") from None
    finally:
        await producer.close()
