"""Ids of events: a message's id and the event's place in it, so that an event needs no index of its own."""

from __future__ import annotations


def event_id(message_id: str, place: int) -> str:
    """The id of a message's event."""
    return f"{message_id}-{place}"


def message_of(event: str) -> tuple[str, int]:
    """(message id, place) of an event id."""
    message_id, _, place = event.rpartition("-")
    return message_id, int(place)
