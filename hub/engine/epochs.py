"""Writing commands about epochs and quarantined numbers, the same on either database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from hub.ledger.epochs import found, numbers, opening
from hub.ledger.epochs.desk import Desk
from hub.ledger.records import Issued
from hub.ledger.rules import UnitRules

VERBS: Final = ("epoch.open", "epoch.take", "epoch.resume", "numbers.void")


def carry_out(desk: Desk, verb: str, args: Mapping[str, Any], now: datetime, rules: Mapping[str, UnitRules]) -> Any:
    """One command, one transaction.

    Raises:
        Reject: refused by the ledger.
        Retry: the database is away.
    """
    with desk.open() as c:
        match verb:
            case "epoch.open":
                return opening.open_epoch(c, args["source"], now, args["actor"], restore=args.get("restore", False))
            case "epoch.take":
                bills = msgspec.msgpack.decode(args["bills"], type=list[Issued])
                taken = found.take(c, bills, now)
                opening.settle(c, rules, now)
                at = now.isoformat(timespec="milliseconds")
                opening.audit(c, at, args["actor"], "epoch.take", str(len(taken)), "bills the platform had")
                return len(taken)
            case "epoch.resume":
                return opening.resume(
                    c,
                    now,
                    args["actor"],
                    leave_unmatched=args["leave_unmatched"],
                    all_numbers=args["all_numbers"],
                )
            case _:
                at = now.isoformat(timespec="milliseconds")
                code, first, last = args["code"], int(args["first"]), int(args["last"])
                count = numbers.void(c, code, first, last, args["reason"], at)
                subject = f"{code} {first:010d}-{last:010d}"
                opening.audit(c, at, args["actor"], "numbers.void", subject, args["reason"])
                return count
