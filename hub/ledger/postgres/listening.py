"""Hears of verdicts and settled bills: see `hub.ledger.port.Listener`.

A notification is only a hint that saves a question: after each new connection, everything still expected is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.errors import Config, Fault, Retry
from hub.ledger.port import SharedLedger
from hub.ledger.postgres import pool
from hub.ledger.postgres.faults import postgres_faults
from hub.ledger.postgres.telling import SETTLED, VERDICTS, verdicts_told
from hub.ledger.records import Verdict

log = logging.getLogger("billhub.ledger")

PING_SECONDS: Final = 5.0
"""How often a quiet connection is asked whether it still lives."""
AGAIN_SECONDS: Final = 0.5


@dataclass(slots=True, eq=False)
class _Settling:
    pending: set[str]
    done: Future[None]


class PostgresListener:
    """One process's ear."""

    def __init__(self, dsn: str, ledger: SharedLedger) -> None:
        self._dsn = dsn
        self._ledger = ledger
        self._verdicts: dict[str, list[tuple[bytes, Future[Verdict]]]] = {}
        self._bills: dict[str, list[_Settling]] = {}
        self._task: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._lost = asyncio.Event()
        self.connected = False

    async def start(self) -> None:
        """Connects, and listens until `close`."""
        connection = await self._connect()
        self._task = asyncio.create_task(self._listen(connection), name="listener")

    def expect(self, message_id: str, fingerprint: bytes) -> Future[Verdict]:
        """The verdict on a message."""
        future: Future[Verdict] = asyncio.get_running_loop().create_future()
        self._verdicts.setdefault(message_id, []).append((fingerprint, future))
        future.add_done_callback(lambda _: self._forget_verdict(message_id, future))
        return future

    def expect_settled(self, bill_ids: Sequence[str]) -> Future[None]:
        """Done when none of these bills is due any more."""
        future: Future[None] = asyncio.get_running_loop().create_future()
        settling = _Settling(set(bill_ids), future)
        for bill_id in settling.pending:
            self._bills.setdefault(bill_id, []).append(settling)
        future.add_done_callback(lambda _: self._forget_bills(settling))
        if settling.pending:
            self._ask(self._ask_bills(list(settling.pending)))
        else:
            future.set_result(None)
        return future

    async def close(self) -> None:
        """Stops; futures still open are cancelled."""
        for task in (self._task, *self._asking):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        for waiting in list(self._verdicts.values()):
            for _mark, future in list(waiting):
                future.cancel()
        for settlings in list(self._bills.values()):
            for settling in list(settlings):
                settling.done.cancel()

    # the connection

    async def _connect(self) -> Any:
        with postgres_faults():
            connection = await pool.connect(self._dsn, f"{self._ledger.owner} listens")
            try:
                await pool.check(connection)
                self._lost.clear()
                connection.add_termination_listener(lambda _: self._lost.set())
                await connection.add_listener(VERDICTS, self._hear_verdicts)
                await connection.add_listener(SETTLED, self._hear_settled)
            except BaseException:
                connection.terminate()
                raise
        self.connected = True
        return connection

    async def _listen(self, connection: Any) -> None:
        while True:
            try:
                await self._ask_everything()
                await self._until_lost(connection)
            except Retry as fault:
                log.debug("%s", fault)
            finally:
                self.connected = False
                connection.terminate()
            log.warning("the listener lost its connection to PostgreSQL")
            connection = await self._reconnect()
            log.warning("the listener is connected again")

    async def _until_lost(self, connection: Any) -> None:
        while not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_SECONDS):
                    await self._lost.wait()
                    return
            with postgres_faults():
                await connection.fetchval("SELECT 1")

    async def _reconnect(self) -> Any:
        while True:
            try:
                return await self._connect()
            except (Retry, Config) as fault:  # a server that is being exchanged may refuse in many ways
                log.debug("%s", fault)
            await asyncio.sleep(AGAIN_SECONDS)

    # what is told

    def _hear_verdicts(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        unknown: list[tuple[str, bytes]] = []
        for message_id, mark, verdict in verdicts_told(payload):
            for fingerprint, future in list(self._verdicts.get(message_id, ())):
                if future.done() or fingerprint.hex()[:16] != mark:
                    continue
                if verdict is None:
                    unknown.append((message_id, fingerprint))
                else:
                    future.set_result(verdict)
        if unknown:
            self._ask(self._ask_verdicts(unknown))

    def _hear_settled(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        for bill_id in payload.split(" "):
            self._settle(bill_id)

    def _settle(self, bill_id: str) -> None:
        for settling in self._bills.pop(bill_id, ()):
            settling.pending.discard(bill_id)
            if not settling.pending and not settling.done.done():
                settling.done.set_result(None)

    # what is asked

    async def _ask_everything(self) -> None:
        expected = [(id_, mark) for id_, waiting in self._verdicts.items() for mark, _future in waiting]
        await self._ask_verdicts(expected)
        await self._ask_bills(list(self._bills))

    async def _ask_verdicts(self, asked: list[tuple[str, bytes]]) -> None:
        for id_, verdict in (await self._ledger.verdicts(asked)).items():
            for mark, future in list(self._verdicts.get(id_, ())):
                if not future.done() and (id_, mark) in asked:
                    future.set_result(verdict)

    async def _ask_bills(self, bill_ids: list[str]) -> None:
        if bill_ids:
            due = await self._ledger.are_due(bill_ids)
            for bill_id in bill_ids:
                if bill_id not in due:
                    self._settle(bill_id)

    def _ask(self, question: Any) -> None:
        """Asks in the background; where that fails, the connection is mended and everything is asked anew."""
        task = asyncio.create_task(self._asked(question))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _asked(self, question: Any) -> None:
        try:
            await question
        except Fault as fault:
            log.debug("%s", fault)
            self._lost.set()

    def _forget_verdict(self, message_id: str, future: Future[Verdict]) -> None:
        left = [one for one in self._verdicts.get(message_id, ()) if one[1] is not future]
        if left:
            self._verdicts[message_id] = left
        else:
            self._verdicts.pop(message_id, None)

    def _forget_bills(self, settling: _Settling) -> None:
        for bill_id in settling.pending:
            left = [one for one in self._bills.get(bill_id, ()) if one is not settling]
            if left:
                self._bills[bill_id] = left
            else:
                self._bills.pop(bill_id, None)
