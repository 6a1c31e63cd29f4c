"""Spans on their way to a collector over a real socket: who may come in, what is said of a trouble, what is lost."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.errors import Config
from hub.ledger.records import Verdict
from hub.metrics.catalogue import SPANS
from hub.tracing import post, sending
from hub.tracing.collector import Collector, Header, check
from hub.tracing.spans import Traces
from tests.certificates import identity
from tests.hubprocess import until
from tests.ledger.book import charge, message
from tests.tracing.backend import Backend, backend

SECRET = "s3cret-of-the-collector"
OVER = "takes spans again"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(sending, "AGAIN_SECONDS", (0.02,))


@pytest.fixture
async def collector() -> AsyncIterator[tuple[Backend, str]]:
    async with backend() as made:
        yield made


@dataclass
class Door:
    """Tells the span of one message after the other."""

    traces: Traces = field(default_factory=Traces)
    told: int = 0
    before: dict[str, float] = field(default_factory=dict)

    def begin(self, where: Collector) -> Door:
        self.before = {how: self._count(how) for how in ("sent", "dropped")}
        self.traces.begin(where, "door", "door-1")
        return self

    def tell(self, count: int = 1) -> None:
        for _ in range(count):
            self.told += 1
            self.traces.answered([message(f"m{self.told}", charge())], [Verdict("applied")], time.time_ns())

    def counted(self, how: str) -> int:
        return int(self._count(how) - self.before[how])

    def _count(self, how: str) -> float:
        return SPANS.values.get((how,), [0.0])[0]


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = Door()
    yield made
    await asyncio.to_thread(made.traces.end)
    await gone()


async def gone() -> None:
    """Nobody sends any more, and says something in another test."""
    await until(lambda: "traces" not in {one.name for one in threading.enumerate()}, "the thread ends")


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.DEBUG)
    return lambda: [found.getMessage() for found in caplog.records if found.name == "billhub.traces"]


def login(folder: Path, value: str = SECRET) -> list[Header]:
    (folder / "token").write_text(value + "\n")
    (folder / "key").write_text(f"{value}-key")
    return [Header("Authorization", str(folder / "token"), "Bearer"), Header("X-Vendor-Key", str(folder / "key"))]


def wants(value: str = SECRET) -> dict[str, str]:
    return {"authorization": f"Bearer {value}", "x-vendor-key": f"{value}-key"}


async def test_the_hub_logs_in_over_tls_and_takes_up_a_new_secret_by_itself(
    tmp_path: Path, door: Door, said: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    server, ca = identity(tmp_path)
    async with backend(server) as (seen, endpoint):
        seen.login = wants()
        where = Collector(endpoint, ca=str(ca), login=login(tmp_path))
        check(where)
        door.begin(where).tell(3)
        await until(lambda: len(seen.spans) == 3, "the spans are there")
        assert said() == []
        seen.login = wants("another")
        login(tmp_path, "another")
        door.tell()
        await until(lambda: len(seen.spans) == 4, "the new secret is told")
        await until(lambda: door.counted("sent") == 4, "they are counted")
    assert door.counted("dropped") == 0
    assert SECRET not in caplog.text


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_login_is_said_once_without_the_secret_and_once_more_when_it_is_over(
    tmp_path: Path,
    collector: tuple[Backend, str],
    door: Door,
    said: Callable[[], list[str]],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    seen, endpoint = collector
    seen.login, seen.refusal = wants("right"), status
    door.begin(Collector(endpoint, login=login(tmp_path)))
    for more in (1, 4, 8):
        door.tell()
        await until(lambda more=more: seen.asked > more, "it tries again")  # type: ignore[misc]
    (line,) = said()
    assert line.startswith("BH-SEE-011: ")
    assert str(status) in line
    assert seen.spans == []
    login(tmp_path, "right")
    await until(lambda: len(seen.spans) == 3 and len(said()) == 2, "what was kept is there")
    assert OVER in said()[1]
    assert door.counted("dropped") == 0
    assert SECRET not in caplog.text
    seen.login = wants("third")
    door.tell()
    await until(lambda: len(said()) == 3, "the next refusal is said again")


async def test_a_collector_that_is_away_is_said_once_and_gets_what_was_kept(
    door: Door, said: Callable[[], list[str]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    door.begin(Collector(f"http://127.0.0.1:{port}/v1/traces")).tell(5)
    await until(lambda: len(said()) == 1, "it is said")
    await asyncio.sleep(0.2)  # some more tries
    async with backend(port=port) as (seen, _):
        await until(lambda: len(seen.spans) == 5, "the spans are there")
        await until(lambda: len(said()) == 2, "the end of it is said")  # after it is counted
    assert said()[0].startswith("BH-SEE-012: ")
    assert OVER in said()[1]
    assert (door.counted("sent"), door.counted("dropped")) == (5, 0)


async def test_a_certificate_of_an_unknown_authority_gets_no_login(
    tmp_path: Path, door: Door, said: Callable[[], list[str]]
) -> None:
    (tmp_path / "other").mkdir()
    server, _ = identity(tmp_path)
    _, stranger = identity(tmp_path / "other")
    async with backend(server) as (seen, endpoint):
        door.begin(Collector(endpoint, ca=str(stranger), login=login(tmp_path))).tell()
        await until(lambda: len(said()) == 1, "it is said")
        assert said()[0].startswith("BH-SEE-012: ")
        assert "certificate" in said()[0] or "signature" in said()[0]
        assert seen.asked == 0
        stranger.write_bytes((tmp_path / "ca.pem").read_bytes())
        await until(lambda: len(seen.spans) == 1, "the right authority is taken up")


async def test_a_slow_collector_holds_up_nobody_and_what_it_costs_is_counted(
    collector: tuple[Backend, str], door: Door, said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "SEND_SECONDS", 0.1)
    monkeypatch.setattr(sending, "MOST", 50)
    seen, endpoint = collector
    seen.open.clear()
    door.begin(Collector(endpoint)).tell(20)
    await until(lambda: seen.asked > 2, "it tries again")
    assert [line[:11] for line in said()] == ["BH-SEE-013:"]
    door.tell(80)  # on the loop that the collector is on: would one wait, both would for ever
    await until(lambda: door.counted("dropped") == 50, "the oldest are dropped")
    assert len(said()) == 1
    seen.open.set()
    await until(lambda: door.counted("sent") == 50, "the rest is sent")
    await until(lambda: len(said()) == 2, "the end of it is said")
    assert "50 were dropped" in said()[1]


async def test_more_spans_than_a_collector_takes_are_said_and_counted(
    collector: tuple[Backend, str], door: Door, said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST", 50)
    seen, endpoint = collector
    door.begin(Collector(endpoint)).tell(1000)  # no turn of the loop for the collector
    assert [line[:11] for line in said()] == ["BH-SEE-013:"]
    await until(lambda: door.counted("sent") + door.counted("dropped") == 1000, "each is counted")
    await until(lambda: len(said()) == 2, "the end of it is said")
    assert len(seen.spans) == door.counted("sent")


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_collector_is_asked_again(
    collector: tuple[Backend, str], door: Door, said: Callable[[], list[str]], status: int
) -> None:
    seen, endpoint = collector
    seen.status = status
    door.begin(Collector(endpoint)).tell()
    await until(lambda: seen.asked > 2, "it tries again")
    assert [line[:11] for line in said()] == ["BH-SEE-013:"]
    seen.status = 200
    await until(lambda: len(seen.spans) == 1, "the span is there")


async def test_what_a_collector_will_never_take_is_not_sent_again(
    collector: tuple[Backend, str], door: Door, said: Callable[[], list[str]]
) -> None:
    seen, endpoint = collector
    seen.status = 400
    door.begin(Collector(endpoint)).tell(2)
    await until(lambda: door.counted("dropped") == 2, "they are dropped")
    seen.status, seen.rejects = 200, 1
    door.tell(1)
    await until(lambda: door.counted("dropped") == 3, "what it rejects of a delivery is counted, too")
    assert [line[:11] for line in said()] == ["BH-SEE-014:"]
    seen.rejects = 0
    door.tell(1)
    await until(lambda: len(said()) == 2, "the end of it is said")
    assert (door.counted("sent"), len(seen.spans)) == (1, 2)


async def test_a_login_follows_no_redirection(tmp_path: Path, collector: tuple[Backend, str], door: Door) -> None:
    seen, endpoint = collector
    async with backend() as (thief, elsewhere):
        seen.status, seen.head = 307, f"Location: {elsewhere}\r\n"
        door.begin(Collector(endpoint, login=login(tmp_path))).tell()
        await until(lambda: door.counted("dropped") == 1, "it is not taken")
    assert thief.asked == 0


@pytest.mark.parametrize("flaw", [f"{SECRET}\r\nX-Other: 1", f"{SECRET} ☃", " ", ""])
async def test_a_secret_that_no_header_can_hold_is_told_by_its_file_only(
    tmp_path: Path,
    collector: tuple[Backend, str],
    door: Door,
    said: Callable[[], list[str]],
    caplog: pytest.LogCaptureFixture,
    flaw: str,
) -> None:
    seen, endpoint = collector
    where = Collector(endpoint, login=login(tmp_path))
    (tmp_path / "key").write_text(flaw)
    with pytest.raises(Config, match="BH-CFG-016") as refused:
        check(where)
    door.begin(where).tell()
    await until(lambda: len(said()) == 1, "it is said")
    assert said()[0].startswith("BH-CFG-016: ")
    assert str(tmp_path / "key") in said()[0]
    assert SECRET not in caplog.text + str(refused.value)
    assert seen.asked == 0


def test_certificates_that_are_none_are_found_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(Config, match="BH-SEE-015"):
            check(Collector("https://127.0.0.1:1/v1/traces", ca=str(tmp_path / name)))


async def test_an_end_waits_for_no_collector_and_counts_what_is_left(
    collector: tuple[Backend, str], said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.tracing.spans.END_SECONDS", 0.1)
    seen, endpoint = collector
    seen.open.clear()
    door = Door().begin(Collector(endpoint))
    door.tell(2)
    await until(lambda: seen.asked == 1, "they are under way")
    door.tell(3)
    door.traces.end()
    assert door.counted("dropped") == 5
    assert said() == ["5 spans were not sent before the end"]
    seen.open.set()
    await gone()


async def test_an_end_sends_what_is_left(
    collector: tuple[Backend, str], said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "EVERY_SECONDS", 3600.0)
    seen, endpoint = collector
    door = Door().begin(Collector(endpoint))
    door.tell(700)
    await asyncio.to_thread(door.traces.end)
    assert (len(seen.spans), said()) == (700, [])
