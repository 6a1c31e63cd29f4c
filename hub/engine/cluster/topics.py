"""The hub's two topics, looked at before anything starts: a wrong one is one clear line, not a silent stall or a loss.

PREFIX.events     what doors took, by partition            PREFIX.refused    what doors refused, one partition
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    BrokerResponseError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
    for_code,
)

from hub.engine.cluster import faults
from hub.engine.cluster.connection import client_options, steady
from hub.hubfile import HubConfig
from hub.sections.servers import KafkaSection

log = logging.getLogger("billhub.kafka")

OVERHEAD: Final = 64 * 1024
"""What a broker adds to a record's bytes, and more."""
LEAST_KEPT_MS: Final = 24 * 3600 * 1000
"""A topic that forgets sooner loses what waits for a database that is away for a day."""
PATIENCE: Final = 15.0
"""Seconds one of the questions here may take."""

_UNKNOWN, _NO_RIGHT, _THERE, _NO_CLUSTER_RIGHT = 3, 29, 36, 31
_WHO: Final = (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)


@dataclass(frozen=True, slots=True)
class Topics:
    """Names and limits."""

    events: str
    refused: str
    partitions: int
    largest: int
    """bytes of a message's value"""
    spread: int = 0
    """partitions of one unit; 0: all"""

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return self.events.removesuffix(".events") + ".workers"


def topics_of(kafka: KafkaSection) -> Topics:
    """The topics of a hub.yaml."""
    largest = kafka.record_mib * 1024 * 1024
    return Topics(f"{kafka.prefix}.events", f"{kafka.prefix}.refused", kafka.partitions, largest, kafka.spread)


async def check_topics(hub: HubConfig) -> Topics:
    """The topics, found or made, and safe.

    Raises:
        Config: a broker, a login, a right or a topic that does not do; the fault says which and what to do.
    """
    steady()
    options = client_options(hub)
    await _reach(options)
    topics = topics_of(hub.kafka)
    admin = AIOKafkaAdminClient(**options)
    try:
        async with asyncio.timeout(PATIENCE * 2):
            await admin.start()
            for topic, partitions in ((topics.events, topics.partitions), (topics.refused, 1)):
                settings = await _settings(admin, topic)
                if settings is None:
                    settings = await _made(admin, hub.kafka, topic, partitions)
                _judge_settings(topic, settings, topics.largest)
                await _judge_partitions(admin, hub.kafka, topic, partitions)
    except (KafkaError, TimeoutError, OSError) as error:
        raise faults.UNREACHABLE(servers=shown(options), why=why_(error)) from None
    finally:
        await admin.close()
    return topics


async def check_reading(hub: HubConfig, topics: Topics) -> None:
    """A worker's rights: to read both topics, as a member of the group.

    Raises:
        Config: a right is missing.
    """
    options = client_options(hub)
    for group in (topics.group, None):
        reader = AIOKafkaConsumer(**options, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest")
        places = [TopicPartition(topics.events, 0), TopicPartition(topics.refused, 0)]
        try:
            async with asyncio.timeout(PATIENCE):
                await reader.start()
                reader.assign(places)
                if group is not None:
                    await reader.committed(places[0])
                else:
                    for place in places:
                        await reader.getmany(place, timeout_ms=200, max_records=1)
        except GroupAuthorizationFailedError:
            raise faults.NO_RIGHT(right="read as", resource=f"group {topics.group}") from None
        except TopicAuthorizationFailedError as error:
            raise faults.NO_RIGHT(right="read", resource=f"topic {_named(error, topics.events)}") from None
        except (KafkaError, TimeoutError, OSError) as error:
            raise faults.UNREACHABLE(servers=shown(options), why=why_(error)) from None
        finally:
            await reader.stop()


async def _reach(options: Mapping[str, Any]) -> None:
    """Talks to some broker; the clients would only say that they did not succeed, and not why."""
    wanted = ("security_protocol", "ssl_context", "sasl_mechanism", "sasl_plain_username", "sasl_plain_password")
    known = {name: options[name] for name in wanted if name in options}
    why = ""
    for server in options["bootstrap_servers"]:
        host, _, port = server.rpartition(":")
        try:
            async with asyncio.timeout(PATIENCE):
                line = await create_conn(host.strip("[]"), int(port), request_timeout_ms=int(PATIENCE * 1000), **known)
        except _WHO:
            raise faults.LOGIN_REFUSED(user=options.get("sasl_plain_username", "")) from None
        except (KafkaError, TimeoutError, OSError) as error:
            why = why_(error)
        else:
            line.close()
            return
    raise faults.UNREACHABLE(servers=shown(options), why=why)


async def _settings(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str] | None:
    """A topic's settings; None where there is no topic. Asked in a way that makes no broker create one."""
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    (found,) = answer.to_object()["resources"]
    code = found["error_code"]
    if code == _UNKNOWN:
        return None
    if code == _NO_RIGHT:
        raise faults.NO_RIGHT(right="describe the configuration of", resource=f"topic {topic}")
    if code:
        raise for_code(code)(found["error_message"] or "")
    return {entry["config_names"]: entry["config_value"] or "" for entry in found["config_entries"]}


async def _made(admin: AIOKafkaAdminClient, kafka: KafkaSection, topic: str, partitions: int) -> dict[str, str]:
    if not kafka.create:
        raise faults.NO_TOPIC(topic=topic, partitions=partitions)
    settings = {
        "cleanup.policy": "delete",
        "max.message.bytes": str(kafka.record_mib * 1024 * 1024 + OVERHEAD),
        "min.insync.replicas": str(min(2, kafka.replication)),
        "retention.ms": str(kafka.keep_hours * 3600 * 1000),
        "unclean.leader.election.enable": "false",
    }
    answer = await admin.create_topics([NewTopic(topic, partitions, kafka.replication, topic_configs=settings)])
    (made,) = answer.to_object()["topic_errors"]
    code = made["error_code"]
    if code in {_NO_RIGHT, _NO_CLUSTER_RIGHT}:
        raise faults.NO_RIGHT(right="create", resource=f"topic {topic}")
    if code not in {0, _THERE}:
        raise faults.NOT_CREATED(topic=topic, why=made.get("error_message") or for_code(code).__name__)
    log.info("made the topic %s with %s partitions", topic, partitions)
    while True:  # until brokers know of it; the caller sets the limit
        found = await _settings(admin, topic)
        if found is not None:
            return found
        await asyncio.sleep(0.05)


async def _judge_partitions(admin: AIOKafkaAdminClient, kafka: KafkaSection, topic: str, wanted: int) -> None:
    while True:
        (found,) = [one for one in await admin.describe_topics([topic]) if one["topic"] == topic]
        places = found["partitions"]
        if found["error_code"] == 0 and all(place["leader"] >= 0 for place in places):
            break
        if found["error_code"] == _NO_RIGHT:
            raise faults.NO_RIGHT(right="describe", resource=f"topic {topic}")
        await asyncio.sleep(0.05)
    if len(places) < wanted:
        raise faults.FEW_PARTITIONS(topic=topic, found=len(places), wanted=wanted)
    copies = min(len(place["replicas"]) for place in places)
    if copies < kafka.replication:
        raise _unsafe(topic, "replication.factor", copies, f">= {kafka.replication}")


def _judge_settings(topic: str, settings: Mapping[str, str], largest: int) -> None:
    most = int(settings.get("max.message.bytes", largest + OVERHEAD))
    if most < largest + OVERHEAD:
        raise faults.SMALL_RECORDS(topic=topic, found=most, wanted=largest + OVERHEAD)
    if "compact" in settings.get("cleanup.policy", ""):
        raise _unsafe(topic, "cleanup.policy", settings["cleanup.policy"], "delete")
    if settings.get("unclean.leader.election.enable") == "true":
        raise _unsafe(topic, "unclean.leader.election.enable", "true", "false")
    kept = int(settings.get("retention.ms", -1))
    if 0 <= kept < LEAST_KEPT_MS:
        raise _unsafe(topic, "retention.ms", kept, f">= {LEAST_KEPT_MS}")


def _unsafe(topic: str, setting: str, found: object, wanted: str) -> Exception:
    return faults.UNSAFE_TOPIC(topic=topic, setting=setting, found=found, wanted=wanted)


def _named(error: BrokerResponseError, otherwise: str) -> str:
    """The topic an error is about."""
    first = error.args[0] if error.args else otherwise
    return (
        str(next(iter(first), otherwise)) if isinstance(first, Iterable) and not isinstance(first, str) else str(first)
    )


def shown(options: Mapping[str, Any]) -> str:
    """The servers that were asked."""
    return ", ".join(options["bootstrap_servers"])


def why_(error: BaseException) -> str:
    """An error's own words, or its name."""
    return str(error) or type(error).__name__
