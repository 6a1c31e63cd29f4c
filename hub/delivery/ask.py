"""Asks a payment channel about a payment, through the source's adapter, until it knows or the schedule ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.adapter import Asker, Message, Question
from hub.delivery.faults import ASK_GIVEN_UP
from hub.delivery.http import Caller
from hub.errors import Fault, Reject

FAR_OFF = timedelta(days=36500)
"""When a question that is given up would be asked next; it stays in sight, with its fault."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: messages for the mappings, or when to ask again and why."""

    messages: tuple[Message, ...] = ()
    again_at: datetime | None = None
    fault: Fault | None = None


async def ask(caller: Caller, asker: Asker, row: dict[str, Any], now: datetime) -> Asked:
    """Asks once. `row` is a row of the outbox: the question's fields, and how often it was asked."""
    question = Question(fields=row["fields"], asked=row["attempts"])
    fault: Fault | None = None
    try:
        messages = asker.understand(question, await caller.call(asker.ask(question, now)))
        if messages:
            return Asked(tuple(messages))
    except Fault as error:
        fault = error
        if isinstance(error, Reject) and question.asked >= 1:
            return Asked(again_at=now + FAR_OFF, fault=error)
    wait = asker.wait_seconds(question)
    if wait is None:
        return Asked(again_at=now + FAR_OFF, fault=fault or ASK_GIVEN_UP())
    return Asked(again_at=now + timedelta(seconds=wait), fault=fault)
