"""billhub bills: shows bills by any business key."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor, reader, writer
from hub.cli.options import Config, Data, Json, Reveal
from hub.cli.output import BAD, GOOD, end, faults_end, put, put_json

NAME: Final = "bills"
HELP: Final = say(
    "按任意业务号查票据。例: billhub bills F20260001 --data data",
    "Shows bills by any business key. Example: billhub bills F20260001 --data data",
)
STATUSES: Final = ("waiting", "due", "issued", "issued_offline", "confirmed", "reversing", "reversed", "void")


def command(
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY",
            help=say("收费号、缴款码、交易号、票据号码或消息号", "a charge, pay code, trade, bill or message number"),
        ),
    ] = None,
    data: Data = DEFAULT_DATA,
    config: Config = None,
    status: Annotated[str, typer.Option(help=" | ".join(STATUSES))] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="RFC 3339")] = "",
    as_json: Json = False,
    reveal: Reveal = "",
) -> None:
    """Exit 1 where a key was given and nothing was found."""
    from hub.security.masking import mask_bill

    if status and status not in STATUSES:
        raise typer.BadParameter(" | ".join(STATUSES), param_hint="--status")
    with faults_end():
        found = reader(data).find(keys or (), status=status, since=_utc(since))
        if reveal:
            with writer(data, config) as do:
                do("audit", actor=actor(), action="bills.reveal", subject=" ".join(keys or ()), reason=reveal)
        else:
            found = [mask_bill(bill) for bill in found]
        for bill in found:
            put_json(bill) if as_json else put(_line(bill))
        end(BAD if keys and not found else GOOD)


def _utc(text: str) -> str:
    if not text:
        return ""
    from datetime import UTC, datetime

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("RFC 3339: 2026-11-25T00:00:00+08:00", param_hint="--since") from None
    return (at if at.tzinfo else at.astimezone()).astimezone(UTC).isoformat(timespec="milliseconds")


def _line(bill: dict[str, Any]) -> str:
    number = f"{bill['bill_code']}-{bill['bill_number']}" if "bill_number" in bill else "-" * 19
    fen = int(bill.get("total_fen", 0))
    amount = f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
    name = bill.get("payer", {}).get("name", "")
    return f"{bill['status']:<10} {number}  {bill.get('charge_no', ''):<20} {amount:>12}  {name}"
