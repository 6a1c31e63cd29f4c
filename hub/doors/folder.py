"""The folder door: a file is taken by renaming it into `.work`, so it is never read twice and never lost.

Files left in `.work` by a crash are handed over again at start; the same message twice is harmless further on. Files go
one after another, in the order of their names. All file calls run in a thread: a share may hang.
"""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.adapter import Answer, Delivery
from hub.crashpoints import reach
from hub.doors import faults
from hub.doors.folder_names import WORK, final_place, is_work, name_of, shown, work_place
from hub.doors.handler import Clock, Handler, now
from hub.doors.server import log
from hub.errors import Fault, Retry, describe

_ANSWER: Final = "answer~"


@dataclass(frozen=True, slots=True)
class FolderLimits:
    """How a folder is watched: sizes in bytes, times in seconds."""

    every_seconds: float = 1.0
    stable_checks: int = 2
    """A file is finished when its size and time have not changed over this many looks after the first."""
    max_file: int = 64 * 1024 * 1024
    retry_seconds: float = 0.2
    """First wait before a file is offered again to a busy hub; doubles up to `retry_most_seconds`."""
    retry_most_seconds: float = 10.0


class FolderServer:
    """A running folder door. `done`, `failed` and `stuck` count files since it opened."""

    def __init__(self, path: Path, source: str, handler: Handler, limits: FolderLimits, clock: Clock) -> None:
        self.path = path
        self.source = source
        self.done = 0
        self.failed = 0
        self.stuck = 0
        """Files that cannot be taken, because the folder does not let us."""
        self._work = path / WORK
        self._handler = handler
        self._limits = limits
        self._clock = clock
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._refusing: set[str] = set()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Makes the work folder, then watches.

        Raises:
            Config: the folder is missing or cannot be written.
        """
        try:
            await asyncio.to_thread(self._prepare)
        except OSError as error:
            raise faults.NO_SUCH_FOLDER(str(self.path), reason=error.strerror or "") from None
        self._task = asyncio.create_task(self._run())

    async def close(self, grace_seconds: float = 8.0) -> None:
        """Finishes the file in hand within the grace; what is not finished is handed over again at the next start."""
        self._closing.set()
        if self._task is None:
            return
        _, pending = await asyncio.wait({self._task}, timeout=grace_seconds)
        for task in pending:
            task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._closing.is_set():
            try:
                for worked in await asyncio.to_thread(self._left_over):
                    await self._hand_over(worked)
                for name in await asyncio.to_thread(self._finished):
                    if self._closing.is_set():
                        break
                    worked_or_none = await asyncio.to_thread(self._take, name)
                    if worked_or_none is not None:
                        await self._hand_over(worked_or_none)
            except OSError as error:
                log.error("%s: folder: %s", self.source, describe(error))
            await self._wait(self._limits.every_seconds)

    async def _hand_over(self, worked: Path) -> None:
        wait = self._limits.retry_seconds
        while not self._closing.is_set():
            try:
                ending, text = await self._offer(worked)
                await asyncio.to_thread(self._finish, worked, ending, text)
            except Retry:
                pass
            except OSError as error:
                log.error("%s: folder: %s", self.source, describe(error))
            else:
                self.done += ending == "done"
                self.failed += ending == "failed"
                return
            await self._wait(wait)
            wait = min(wait * 2, self._limits.retry_most_seconds)

    async def _offer(self, worked: Path) -> tuple[str, bytes]:
        """The ending and the answer's text. Raises Retry when the hub is busy."""
        try:
            body = await asyncio.to_thread(self._read, worked)
            delivery = Delivery(body, self._clock(), "folder", "PUT", name=shown(name_of(worked)))
            answer: Answer = await self._handler(self.source, delivery)
        except Retry:
            raise
        except Fault as fault:
            log.warning("%s: %s", self.source, fault.code.code)
            return "failed", _words(fault)
        except Exception as error:  # noqa: BLE001  (one bad file must not stop the folder)
            log.error("%s: %s %s", self.source, faults.INTERNAL.code, describe(error))
            return "failed", _words(faults.INTERNAL())
        return ("done" if answer.status < 400 else "failed"), answer.body

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    # What runs in a thread.

    def _prepare(self) -> None:
        self._work.mkdir(exist_ok=True)
        probe = self._work / ".probe"
        probe.write_bytes(b"")
        probe.unlink()

    def _left_over(self) -> list[Path]:
        """Files a crash (or a failed finish) left in the work folder, oldest number first."""
        found = []
        for entry in os.scandir(self._work):
            number, tilde, _ = entry.name.partition("~")
            if entry.name.startswith(_ANSWER):
                self._finish_answer(Path(entry.path))
            elif tilde and number.isdigit() and entry.is_file(follow_symlinks=False):
                found.append((int(number), entry.path))
        return [Path(path) for _, path in sorted(found)]

    def _finished(self) -> list[str]:
        """Names of files that have stopped growing."""
        seen: dict[str, tuple[int, int, int]] = {}
        ready = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if not is_work(entry.name):
                    continue
                try:
                    if not entry.is_file(follow_symlinks=False):
                        continue
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                size, changed, looks = self._seen.get(entry.name, (-1, -1, 0))
                same = (size, changed) == (status.st_size, status.st_mtime_ns)
                looks = looks + 1 if same else 0
                seen[entry.name] = (status.st_size, status.st_mtime_ns, looks)
                if looks >= self._limits.stable_checks:
                    ready.append(entry.name)
        self._seen = seen
        return sorted(ready)

    def _take(self, name: str) -> Path | None:
        worked = work_place(self._work, name)
        try:
            (self.path / name).rename(worked)
        except FileNotFoundError:
            return None
        except OSError as error:
            if name not in self._refusing:
                self._refusing.add(name)
                self.stuck += 1
                log.error("%s: a file cannot be taken: %s", self.source, errno.errorcode.get(error.errno or 0, "?"))
            return None
        reach("picked_up")
        self._seen.pop(name, None)
        self._refusing.discard(name)
        return worked

    def _read(self, worked: Path) -> bytes:
        try:
            descriptor = os.open(worked, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            raise faults.FILE_UNREADABLE("file") from None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise faults.FILE_UNREADABLE("file")
            try:
                body = file.read(self._limits.max_file + 1)
            except OSError:
                raise faults.FILE_UNREADABLE("file") from None
        if len(body) > self._limits.max_file:
            raise faults.FILE_LARGE(limit=self._limits.max_file)
        return body

    def _finish(self, worked: Path, ending: str, text: bytes) -> None:
        """The file to its end, the answer beside it. A crash between the two steps is mended by `_left_over`."""
        place = final_place(self.path, name_of(worked), ending)
        answer = self._work / f"{_ANSWER}{place.name}.txt"
        with answer.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        worked.rename(place)
        self._finish_answer(answer)

    def _finish_answer(self, answer: Path) -> None:
        """Puts an answer beside its file; one whose file never got there is thrown away, it will be made again."""
        place = self.path / answer.name.removeprefix(_ANSWER)
        if place.with_suffix("").exists() and not os.path.lexists(place):
            answer.rename(place)
        else:
            answer.unlink()


def _words(fault: Fault) -> bytes:
    lines = (f"{fault.code.code} {fault.what('zh')}:{fault.do('zh')}", f"{fault.what('en')}: {fault.do('en')}", "")
    return "\n".join(lines).encode()


async def serve_folder(
    path: Path, source: str, handler: Handler, limits: FolderLimits | None = None, *, clock: Clock = now
) -> FolderServer:
    """Watches a folder for one source; returns once it does.

    Raises:
        Config: the folder is missing or cannot be written.
    """
    server = FolderServer(path, source, handler, limits or FolderLimits(), clock)
    await server.open()
    return server
