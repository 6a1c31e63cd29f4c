"""Who belongs to which trace, without anything being stored for it.

A message's id is a hash of 128 bits, as a trace's id is: so the id of the message is the id of its trace. Every process
that meets a message, or an event made of it, knows its trace, and whether it is one of those that are kept; an issuer
finds the way back from a bill to the message that made it due. A context travels as W3C has it (`traceparent`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from hub.ledger.ids import message_of
from hub.ledger.records import Submission, Work
from hub.security.masking import mask_account

PARENT: Final = "traceparent"
"""The header of a record that names the span which produced it; a frame has none."""
EVENT: Final = "billhub-event"
"""One header for each message of a record or frame that is traced: its place there, and its own context."""
_LOW: Final = (1 << 64) - 1
_FORM: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")
Headers = Sequence[tuple[str, bytes]]


class Context(NamedTuple):
    """A span that others refer to."""

    trace: int
    span: int

    def __str__(self) -> str:
        """As W3C writes one that is sampled."""
        return f"00-{self.trace:032x}-{self.span:016x}-01"


def kept(message_id: str, one_in: int) -> bool:
    """Whether a message's trace is kept: the same word everywhere, for it is made of the id alone."""
    return (int(message_id, 16) & _LOW) < (_LOW + 1) // one_in


def received(message: Submission) -> Context:
    """The door's span; a sender's repeat has another one in the same trace."""
    return Context(int(message.id, 16), _span("door", message.id, message.at))


def taken(message_id: str) -> Context:
    """The worker's span, to which what follows from the message belongs."""
    return Context(int(message_id, 16), _span("worker", message_id, ""))


def behind(work: Work) -> list[str]:
    """The messages behind a bill; the one that paid comes first, for its sender waits for the bill."""
    events = [
        *(event for event, *_ in reversed(work.payments)),
        work.charge_event,
        *(event for event, _ in work.visits),
    ]
    return list(dict.fromkeys(message_of(event)[0] for event in events if event))


def who(message: Submission) -> dict[str, str]:
    """What a span says of a message; its first business key is masked: enough to tell two apart."""
    told = {"billhub.unit": message.unit, "billhub.source": message.source, "billhub.kind": message.kind}
    for event in message.events:
        for kind, value in event.fact["keys"]:
            return told | {"billhub.key": masked(kind, value)}
    return told


def masked(kind: str, value: str) -> str:
    """A key as it may leave the machine."""
    return f"{kind}={mask_account(value)}"


def headers(produced: Context | None, events: Iterable[tuple[int, Context]]) -> list[tuple[str, bytes]]:
    """The headers of a record, or, where nothing produced one, of a frame between two processes."""
    told = [(EVENT, f"{place} {context}".encode()) for place, context in events]
    return [(PARENT, str(produced).encode()), *told] if produced else told


def contexts(found: Headers | Mapping[str, bytes] | None) -> tuple[Context | None, dict[int, Context]]:
    """(who produced a record, place → context) of its headers; what cannot be read is left out."""
    parent: Context | None = None
    events: dict[int, Context] = {}
    for name, value in found.items() if isinstance(found, Mapping) else found or ():
        text = value.decode("latin-1")
        if name == PARENT:
            parent = _read(text)
        elif name == EVENT:
            place, _, rest = text.partition(" ")
            context = _read(rest)
            if context is not None and place.isascii() and place.isdigit() and len(place) < 6:
                events[int(place)] = context
    return parent, events


def _read(text: str) -> Context | None:
    found = _FORM.fullmatch(text)
    return Context(int(found[1], 16), int(found[2], 16)) if found and int(found[2], 16) else None


def _span(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8], "big") or 1
