"""What people and programs look at: read-only, beside the writer, in any process. Written once, in SQLAlchemy Core.

Documents are opened here, so a reader needs the vault; nothing it returns is masked: that is the caller's duty.

    Finding      search by any key: the bills of `Bills`, the messages, events and parked of `Messages`
    Standing     books, numbers, pauses, alarms, live figures
    Effects      the outbox
    Restoring    epochs, the archive, finds

Whoever needs one subject only may ask for that class; see `hub.ledger.reading`.
"""

from __future__ import annotations

from hub.ledger.reading.effects import Effects
from hub.ledger.reading.finding import Finding
from hub.ledger.reading.restoring import Restoring
from hub.ledger.reading.standing import Standing


class Reader(Finding, Standing, Effects, Restoring):
    """A read-only view of a ledger."""
