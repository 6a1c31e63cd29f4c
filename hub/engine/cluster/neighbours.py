"""Whose workers take from the topics: those of two databases would share the messages, and each miss the other's.

A worker's client id names its database, and Kafka tells who is in a group.
"""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, for_code

from hub.engine.cluster.connection import client_options
from hub.engine.cluster.faults import OTHER_DATABASE, UNREACHABLE
from hub.engine.cluster.topics import PATIENCE, Topics, shown, why_
from hub.hubfile import HubConfig

_WORKER: Final = "billhub-worker-"


def client_of(database: str) -> str:
    """The client id of a worker on a database; of one whose name nobody knew at its start, without it."""
    return _WORKER + database


async def check_neighbours(hub: HubConfig, topics: Topics, database: str) -> None:
    """Whether all workers that live take into the database of this name; who may not ask does not know.

    Raises:
        Config: one does not.
    """
    options = client_options(hub)
    admin = AIOKafkaAdminClient(**options, client_id="billhub-start")
    try:
        async with asyncio.timeout(PATIENCE):
            await admin.start()
            members = await _members(admin, topics.group)
    except GroupAuthorizationFailedError:
        return
    except (KafkaError, TimeoutError, OSError) as error:
        raise UNREACHABLE(servers=shown(options), why=why_(error)) from None
    finally:
        await admin.close()
    for client, host in members:
        if client.startswith(_WORKER) and client not in {_WORKER, client_of(database)}:
            raise OTHER_DATABASE(topic=topics.events, host=host.lstrip("/"))


async def _members(admin: AIOKafkaAdminClient, group: str) -> list[tuple[str, str]]:
    """(client id, host) of who is in a group, as soon as the group has a coordinator."""
    while True:
        try:
            (answer,) = await admin.describe_consumer_groups([group])
            (found,) = answer.to_object()["groups"]
            if not found["error_code"]:
                return [(member["client_id"], member["client_host"]) for member in found["members"]]
            raise for_code(found["error_code"])(group)
        except KafkaError as error:
            if not error.retriable:
                raise
        await asyncio.sleep(0.1)
