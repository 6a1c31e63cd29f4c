"""What verbs open of a cluster: its database. `--data` names a hub.yaml then, instead of a data folder."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from hub.config import load_units
from hub.engine.embedded.commands import rehearsed, replayed
from hub.engine.epochs import VERBS, carry_out
from hub.engine.faults import NO_SUCH_COMMAND
from hub.hubfile import HubConfig, load_hub
from hub.ledger.epochs.desk import postgres_desk
from hub.ledger.handing import Node
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import open_ledger, open_reader
from hub.ledger.reader import Reader
from hub.ledger.records import Batch, Submission
from hub.ledger.rules import UnitRules, rules_of
from hub.processes.cluster.child import vault_of


def shared_reader(file: Path) -> Reader:
    """A read-only view of a cluster's ledger.

    Raises:
        Config: the file is wrong, or its master key is missing.
    """
    hub = load_hub(file)
    return open_reader(hub.dsn(writes=False), vault_of(hub))


@contextmanager
def shared_writer(file: Path, config: Path | None) -> Iterator[Callable[..., Any]]:
    """Carries out writing commands on a cluster's database; see `hub.engine.embedded.commands`.

    Raises:
        Config: the file is wrong.
        Retry: the database cannot be reached.
    """
    hub = load_hub(file)
    units = load_units(config, hub.regions_file) if config is not None else []
    rules = {unit.unit.id: rules_of(unit) for unit in units}
    owner = f"cli-{os.getpid()}-{secrets.token_hex(4)}"
    with asyncio.Runner() as runner:
        ledger = runner.run(open_ledger(hub.dsn(), rules, owner=owner, connections=1))
        try:
            yield lambda verb, **args: runner.run(_done(hub, rules, ledger, verb, args))
        finally:
            runner.run(ledger.close())


async def _done(
    hub: HubConfig, rules: Mapping[str, UnitRules], ledger: SharedLedger, verb: str, args: Mapping[str, Any]
) -> Any:
    now = datetime.now(UTC)
    match verb:
        case "numbers.receive":
            await ledger.receive_numbers(**args, now=now)
            return True
        case "numbers.allot":
            to = Node(args["unit"], args["region"])
            return await ledger.allot_numbers(to, args["code"], args["count"], args["above"], now, args["actor"])
        case "units.pause":
            await ledger.pause(args["unit"], args["reason"], now, args["actor"], doors=args["doors"])
            return True
        case "units.resume":
            await ledger.resume(args["unit"], now, args["actor"])
            return True
        case "bills.release":
            return await ledger.release(**args, now=now)
        case "audit":
            await ledger.audit(**args, now=now)
            return True
        case "parked.rehearse":
            return rehearsed(*await ledger.rehearse(_message(args), now))
        case "parked.replay":
            message = _message(args)
            (verdict,) = (await ledger.apply(Batch([message]), now)).verdicts
            await ledger.audit(args["actor"], verb, message.id, verdict.place, now)
            return replayed(verdict)
        case verb if verb in VERBS:
            return await asyncio.to_thread(carry_out, postgres_desk(hub.dsn()), verb, args, now, rules)
        case _:
            raise NO_SUCH_COMMAND(verb=verb)


def _message(args: Mapping[str, Any]) -> Submission:
    return msgspec.msgpack.decode(args["submission"], type=Submission)
