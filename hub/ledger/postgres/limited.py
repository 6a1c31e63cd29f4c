"""Blocking writes that a lost standby makes wait: after a limit their connection ends, and never the commit.

See `commits` for why. Only the server can tell a commit that waits from a statement that is long, and a commit may hide
in a statement (an index built while others write) or in a tool: so a thread looks beside the one that writes.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from hub.errors import Fault
from hub.ledger.postgres import commits, sync
from hub.ledger.postgres.faults import UNCOPIED

if TYPE_CHECKING:
    import psycopg

FIRST_SECONDS: Final = 0.3
"""What takes no longer is not looked at."""
LOOK_SECONDS: Final = 0.2
_WAITING: Final = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'"


@contextmanager
def limited(dsn: str, line: psycopg.Connection[Any]) -> Iterator[None]:
    """A block that writes on a connection which has no transaction open.

    Raises:
        Unknown: it waited too long; it may be in the primary without its copy. Or an earlier write does, and nothing
            was begun.
    """
    row = line.execute(commits.WAITING).fetchone()
    line.rollback()
    if row is not None and row[0] > commits.COMMIT_SECONDS:
        raise UNCOPIED(seconds=round(row[0]))

    def shut() -> None:
        with socket.socket(fileno=os.dup(line.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)

    with ended(dsn, shut):
        yield


@contextmanager
def ended(dsn: str, end: Callable[[], object]) -> Iterator[None]:
    """A block in which a process or a connection writes; `end` ends it from another thread.

    Raises:
        Unknown: as `limited`.
    """
    over, cut = Event(), Event()

    def look() -> None:
        since: dict[int, float] = {}
        wait = FIRST_SECONDS
        while not over.wait(wait):
            wait = LOOK_SECONDS
            with suppress(OSError, Fault, _error()), sync.connect(dsn, autocommit=True) as eye:
                while not over.wait(LOOK_SECONDS):
                    now = time.monotonic()
                    since = {pid: since.get(pid, now) for (pid,) in eye.execute(_WAITING)}
                    if since and now - min(since.values()) > commits.COMMIT_SECONDS:
                        cut.set()
                        end()
                        return

    eyes = Thread(target=look, name="looks for waiting commits", daemon=True)
    eyes.start()
    try:
        yield
    except Exception as error:
        if cut.is_set():
            raise UNCOPIED(seconds=round(commits.COMMIT_SECONDS)) from error
        raise
    finally:
        over.set()
        eyes.join()


def _error() -> type[Exception]:
    import psycopg

    return psycopg.Error
