"""A real hub as a process, and the peers around it: what the bad-input tests talk to.

The peers that serve (fiscal platform, UnionPay's gateway) live on a loop of their own in a thread, so that one hub can
serve a whole module while every test has its own loop.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from hub.demo.world import World, build, receive_segments, write_units
from hub.engine.embedded.home import Home
from hub.engine.envelope import unpack
from hub.ledger.reader import Reader
from hub.simulators.fiscal_platform import FiscalPlatform, serving
from hub.simulators.hospital_hl7 import Ack, read_ack

PATIENCE = 40.0
UPLOAD = """\
  upload:
    adapter: education/school_table
    door: http
    mappings: [education/school_table/fees]
    settings: {school: "10459", amounts: yuan}
insurers:"""


@dataclass
class Town:
    """The serving peers, on a loop in a thread."""

    folder: Path
    platform_url: str = ""
    gateway_url: str = ""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.world = build(self.folder, 1)
        self.platform = FiscalPlatform(self.world.platform_keys)
        self.run(self._open())

    async def _open(self) -> None:
        self.platform_url = await self._stack.enter_async_context(serving(self.platform))
        self.gateway_url = await self._stack.enter_async_context(self.world.unionpay.gateway())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


class Hub:
    """A hub's world, and the process while it runs."""

    def __init__(self, folder: Path, *, numbers: int = 100_000) -> None:
        self.town = Town(folder)
        self.world: World = self.town.world
        write_units(self.world, f"http://{self.town.platform_url}", self.town.gateway_url)
        self.edit("school", ("insurers:", UPLOAD))
        if numbers:
            receive_segments(self.world, numbers)
        self.ready: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def edit(self, unit: str, *changes: tuple[str, str]) -> None:
        """Changes a unit's file by replacing texts that stand in it once."""
        path = self.world.units / f"{unit}.yaml"
        text = path.read_text("utf-8")
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text, "utf-8")

    def command(self, *more: str, data: Path | None = None) -> list[str]:
        return [
            *(sys.executable, "-m", "hub.cli", "run", "-c", str(self.world.units)),
            *("--data", str(data or self.world.data), "--http", "127.0.0.1:0"),
            *("--ready", str(self.world.folder / "ready.json"), "--doors", "1", "--issuers", "1", *more),
        ]

    def start(self, *more: str, data: Path | None = None) -> Hub:
        ready = self.world.folder / "ready.json"
        ready.unlink(missing_ok=True)
        with (self.world.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(self.command(*more, data=data), stdout=log, stderr=log)
        self.wait(lambda: ready.exists() or self.process.poll() is not None)  # type: ignore[union-attr]
        assert ready.exists(), self.log()[-3000:]
        self.ready = json.loads(ready.read_text("utf-8"))
        return self

    def run_to_end(self, *more: str, data: Path | None = None) -> tuple[int, str]:
        """Runs a hub that is expected not to start: its exit code and what it said."""
        done = subprocess.run(self.command(*more, data=data), capture_output=True, timeout=PATIENCE)
        return done.returncode, (done.stdout + done.stderr).decode()

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def close(self) -> None:
        if self.process is not None:
            self.stop()
        self.town.close()

    def reload(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def log(self) -> str:
        path = self.world.folder / "hub.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def billhub(self, *arguments: str) -> tuple[int, str]:
        """Runs another verb: its exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", *arguments], capture_output=True, timeout=PATIENCE, check=False
        )
        return done.returncode, (done.stdout + done.stderr).decode()

    @staticmethod
    def wait(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Waits for a condition, looking often; returns what it gave."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)
        return found

    # What the hub keeps.

    @contextmanager
    def reader(self, data: Path | None = None) -> Iterator[Reader]:
        home = Home(data or self.world.data)
        look = Reader(home.folder, home.vault())
        try:
            yield look
        finally:
            look.close()

    def books(self) -> dict[str, Any]:
        with self.reader() as look:
            return look.books()

    def counts(self, source: str) -> dict[str, int]:
        empty = dict.fromkeys(("received", "applied", "duplicate", "parked", "refused"), 0)
        for book in self.books()["sources"]:
            if book["source"] == source:
                return {place: book[place] for place in empty}
        return empty

    @contextmanager
    def counted(self, source: str, **wanted: int) -> Iterator[None]:
        """Checks that so many messages of a source end in those places meanwhile, and that the books balance after."""
        before = self.counts(source)
        yield
        after = self.counts(source)
        wanted["received"] = sum(wanted.values())
        assert {place: after[place] - before[place] for place in after} == dict.fromkeys(after, 0) | wanted
        assert self.books()["balanced"]

    def last_refused(self) -> tuple[str, bytes]:
        """The newest refused message: its code, which has a sentence in both languages, and its bytes."""
        with self.reader() as look:
            found = look.refused_message(look.refused(limit=1)[0]["id"])
        assert found is not None
        return told(found["fault"]), unpack(found["body"]).body

    def last_parked(self, what: str = "message") -> tuple[str, str]:
        """The newest parked message (or case): its id, and its code."""
        entry = next(entry for entry in self.parked() if entry["what"] == what)
        return entry["id"], told(entry["fault"])

    def alarms(self) -> set[str]:
        with self.reader() as look:
            return {told(alarm["fault"]) for alarm in look.alarms()}

    def parked(self) -> list[dict[str, Any]]:
        with self.reader() as look:
            return look.parked()

    def kept(self, id_: str) -> bytes:
        """The bytes of a kept message."""
        with self.reader() as look:
            message = look.message(id_)
        assert message is not None
        return unpack(message["body"]).body

    def bills(self, *keys: str) -> list[dict[str, Any]]:
        with self.reader() as look:
            return look.find(keys)

    def statuses(self, *keys: str) -> list[str]:
        return [bill["status"] for bill in self.bills(*keys)]

    # How peers reach it.

    def url(self, source: str) -> str:
        return f"http://{self.ready['http']}/in/{source}"

    def mllp(self) -> tuple[str, int]:
        host, _, port = self.ready["doors"]["demo-hospital/his"].rpartition(":")
        return host, int(port)

    async def post(self, source: str, body: bytes, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            return await client.post(self.url(source), content=body, **more)

    async def hl7(self, body: bytes) -> Ack:
        """One framed message: its acknowledgement."""
        return read_ack(await self.raw_mllp(b"\x0b" + body + b"\x1c\r"))

    async def raw_mllp(self, data: bytes, *, end: bool = False, seconds: float = PATIENCE) -> bytes:
        """Raw bytes to the MLLP door: the first framed answer, without its frame; empty where the door only closed."""
        reader, writer = await asyncio.open_connection(*self.mllp())
        try:
            writer.write(data)
            if end:
                writer.write_eof()
            frame = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), seconds)
        except asyncio.IncompleteReadError as error:
            return error.partial
        finally:
            writer.close()
        return frame.removeprefix(b"\x0b").removesuffix(b"\x1c\r")


def told(fault: dict[str, dict[str, str]]) -> str:
    """The code of a stored fault, whose texts are there in both languages and filled in."""
    code = fault["zh"]["code"]
    assert code == fault["en"]["code"]
    for lang in ("zh", "en"):
        shown = fault[lang]
        assert shown["what"] not in ("", code)
        assert shown["do"]
        assert "<" not in shown["what"] + shown["do"], shown
    assert any("\u4e00" <= letter <= "\u9fff" for letter in fault["zh"]["what"])
    assert fault["en"]["what"] != fault["zh"]["what"]
    return code
