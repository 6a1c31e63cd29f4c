"""Reads kept messages again, by today's adapters and mappings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hub.cli.language import LANG
from hub.cli.opened import reader, vault
from hub.config import load_units
from hub.engine.envelope import unpack
from hub.engine.intake import Intake
from hub.errors import fault_from
from hub.ledger.faults import NOT_PARKED
from hub.ledger.records import Submission


def replay(data: Path, config: Path, ids: Sequence[str]) -> Iterator[tuple[str, Submission | None, dict[str, Any]]]:
    """(id, the message as it reads today, what that would do); no submission where it still cannot be used.

    Raises:
        Reject: an id that is not a parked message.
    """
    look = reader(data)
    intake = Intake(load_units(config), vault(data))
    for id_ in ids:
        kept = look.message(id_)
        if kept is None or kept["place"] != "parked":
            raise NOT_PARKED(subject=id_)
        delivery = unpack(kept["body"])
        taken = intake.take(intake.bound(f"{kept['unit']}/{kept['source']}"), delivery)
        submission = taken.submissions[0]
        if submission.fault is not None:
            fault = fault_from(submission.fault.code, submission.fault.where, **submission.fault.values)
            yield id_, None, {"place": submission.place, "fault": fault.json(LANG)}
        else:
            yield id_, msgspec.structs.replace(submission, id=id_, replay=True), {"place": "applied"}
