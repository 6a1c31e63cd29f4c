"""The quality ladder: what a manifest's `quality` block has to say a word about, and which rules a program checks.

Each rule is `done`, `todo`, or `exempt: reason`. A rule that a program checks is never `todo`.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Rule(NamedTuple):
    """A rung."""

    means: str
    checked: bool


LADDER: Final[dict[str, Rule]] = {
    "verifies_senders": Rule("bytes that were changed on the way are refused", True),
    "exact_bytes": Rule("a message keeps the sender's bytes as they came", True),
    "wrong_charset": Rule("text that does not decode is refused, never guessed", True),
    "hostile_input": Rule("no input brings anything but a fault", True),
    "identity": Rule("made of the sender's own ids; the same message has the same one", True),
    "answers": Rule("every place and every fault has an answer in the sender's protocol, without a payer's data", True),
    "golden_mapping": Rule("a packaged mapping with tests and goldens", True),
    "asks_when_unknown": Rule("it asks the other side about what is only reported", True),
    "simulator": Rule("a program in hub/simulators plays the other side in its tests", True),
    "real_peer": Rule("tried against the real system; only a person can say so", False),
}


def state_of(text: str) -> str | None:
    """done, todo or exempt; None where it is none of them or an exemption has no reason."""
    if text in ("done", "todo"):
        return text
    word, colon, reason = text.partition(":")
    return "exempt" if word == "exempt" and colon and len(reason.strip()) >= 8 else None
