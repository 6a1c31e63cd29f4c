"""The folder door: finished files only, each taken once, answered beside itself, and none lost by a crash."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.adapter import Answer
from hub.doors.faults import NO_SUCH_FOLDER
from hub.doors.folder import FolderLimits, FolderServer, serve_folder
from hub.doors.folder_names import is_work
from hub.errors import Config, Reject, Retry, define
from tests.doors.peers import Notes, wait_for

BUSY = define("BH-TST-921", Retry, zh="忙", en="busy", do_zh="稍后", do_en="later")
BAD = define("BH-TST-922", Reject, zh="第三行不对", en="line three is wrong", do_zh="改第三行", do_en="mend line three")


@contextlib.asynccontextmanager
async def folder_door(path: Path, handler: Any, **limits: Any) -> AsyncIterator[FolderServer]:
    limits = {"every_seconds": 0.005, "retry_seconds": 0.005} | limits
    server = await serve_folder(path, "demo/school", handler, FolderLimits(**limits))
    try:
        yield server
    finally:
        await server.close(2)


def _names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir() if entry.name != ".work")


async def test_a_file_becomes_done_with_its_answer_beside_it(tmp_path: Path) -> None:
    notes = Notes(lambda _: Answer("收到 1 行".encode()))
    async with folder_door(tmp_path, notes) as door:
        (tmp_path / "fees.csv").write_bytes(b"\xef\xbb\xbfa,b\r\n")
        await wait_for(lambda: door.done == 1)
    assert _names(tmp_path) == ["fees.csv.done", "fees.csv.done.txt"]
    assert (tmp_path / "fees.csv.done").read_bytes() == b"\xef\xbb\xbfa,b\r\n"
    assert (tmp_path / "fees.csv.done.txt").read_text() == "收到 1 行"
    assert list((tmp_path / ".work").iterdir()) == []
    source, delivery = notes.deliveries[0]
    assert (source, delivery.name, delivery.door) == ("demo/school", "fees.csv", "folder")


async def test_a_refused_file_becomes_failed_and_says_why(tmp_path: Path) -> None:
    notes = Notes(lambda _: Answer(b"no good", 400))
    notes.faults = [BAD(), ValueError("张三")]
    async with folder_door(tmp_path, notes) as door:
        for number in (1, 2, 3):
            (tmp_path / f"{number}.csv").write_bytes(b"x")
        await wait_for(lambda: door.failed == 3)
    assert "第三行不对" in (tmp_path / "1.csv.failed.txt").read_text()
    assert (tmp_path / "2.csv.failed.txt").read_text().startswith("BH-DOR-021")
    assert "张三" not in (tmp_path / "2.csv.failed.txt").read_text()
    assert (tmp_path / "3.csv.failed.txt").read_bytes() == b"no good"


async def test_files_of_one_name_never_overwrite_each_other(tmp_path: Path) -> None:
    notes = Notes()
    async with folder_door(tmp_path, notes) as door:
        for number in (1, 2, 3):
            (tmp_path / "a.csv").write_bytes(b"%d" % number)
            await wait_for(lambda wanted=number: door.done == wanted)  # type: ignore[misc]
    assert [(tmp_path / name).read_bytes() for name in ("a.csv.done", "a.csv.2.done", "a.csv.3.done")] == [
        b"1",
        b"2",
        b"3",
    ]
    assert (tmp_path / "a.csv.3.done.txt").read_bytes() == b"ok:3"


async def test_a_finished_file_whose_answer_was_removed_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.csv.done").write_bytes(b"old")
    async with folder_door(tmp_path, Notes()) as door:
        (tmp_path / "a.csv").write_bytes(b"new")
        await wait_for(lambda: door.done == 1)
    assert (tmp_path / "a.csv.done").read_bytes() == b"old"
    assert (tmp_path / "a.csv.2.done").read_bytes() == b"new"


async def test_a_file_still_growing_is_waited_for(tmp_path: Path) -> None:
    notes = Notes()
    async with folder_door(tmp_path, notes, stable_checks=10, every_seconds=0.01) as door:
        with (tmp_path / "a.csv").open("wb", buffering=0) as file:
            for _ in range(30):
                file.write(b"line\n")
                await asyncio.sleep(0.01)
            assert notes.bodies == []
        await wait_for(lambda: door.done == 1)
    assert notes.bodies == [b"line\n" * 30]


@pytest.mark.parametrize(
    "name",
    [".hidden.csv", "a.csv.tmp", "a.csv.part", "a.filepart", "A.TMP", "~$a.xlsx", "a.csv.done", "a.csv.failed.txt"],
)
def test_names_that_are_no_work(name: str) -> None:
    assert not is_work(name)


async def test_only_plain_files_are_taken(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"secret")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.csv").symlink_to(outside)
    (folder / "sub.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")
    (folder / "half.csv.part").write_bytes(b"x")
    notes = Notes()
    async with folder_door(folder, notes) as door:
        (folder / "a.csv").write_bytes(b"x")
        await wait_for(lambda: door.done == 1)
    assert notes.bodies == [b"x"]
    assert _names(folder) == ["a.csv.done", "a.csv.done.txt", "half.csv.part", "link.csv", "pipe.csv", "sub.csv"]


async def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    notes = Notes()
    async with folder_door(tmp_path, notes, max_file=10) as door:
        (tmp_path / "a.csv").write_bytes(b"x" * 11)
        (tmp_path / "b.csv").write_bytes(b"x" * 10)
        await wait_for(lambda: door.failed == 1 and door.done == 1)
    assert (tmp_path / "a.csv.failed.txt").read_text().startswith("BH-DOR-040")
    assert notes.bodies == [b"x" * 10]


async def test_a_busy_hub_gets_the_file_later(tmp_path: Path) -> None:
    notes = Notes()
    notes.faults = [BUSY(), BUSY()]
    async with folder_door(tmp_path, notes) as door:
        (tmp_path / "a.csv").write_bytes(b"x")
        await wait_for(lambda: door.done == 1)
    assert notes.bodies == [b"x"] * 3
    assert _names(tmp_path) == ["a.csv.done", "a.csv.done.txt"]


async def test_files_go_in_the_order_of_their_names(tmp_path: Path) -> None:
    for number in (3, 1, 2):
        (tmp_path / f"{number}.csv").write_bytes(b"%d" % number)
    notes = Notes()
    async with folder_door(tmp_path, notes) as door:
        await wait_for(lambda: door.done == 3)
    assert notes.bodies == [b"1", b"2", b"3"]


async def test_odd_and_long_names(tmp_path: Path) -> None:
    long = "长" * 80 + ".csv"
    odd = os.fsdecode(b"\xd1\xa7\xb7\xd1.csv")
    for name in (long, odd, "a b~c.csv"):
        (tmp_path / name).write_bytes(b"x")
    notes = Notes()
    async with folder_door(tmp_path, notes) as door:
        await wait_for(lambda: door.done == 3)
    assert {delivery.name for _, delivery in notes.deliveries} >= {"a b~c.csv", "ѧ\\xb7\\xd1.csv"}
    assert [name for name in _names(tmp_path) if name.endswith("长.csv.done")]


_CRASH = """
import asyncio, os, sys
from pathlib import Path
from hub.doors.folder import FolderLimits, serve_folder
async def handler(source, delivery):
    os.kill(os.getpid(), 9)
async def main():
    await serve_folder(Path(sys.argv[1]), "demo/school", handler, FolderLimits(every_seconds=0.005))
    await asyncio.sleep(30)
asyncio.run(main())
"""


async def test_a_file_in_hand_at_kill_9_is_handed_over_again(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")
    killed = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", _CRASH, str(tmp_path)], timeout=20)
    assert killed.returncode == -9
    assert _names(tmp_path) == []
    (tmp_path / "a.csv").write_bytes(b"y")
    notes = Notes()
    async with folder_door(tmp_path, notes) as door:
        await wait_for(lambda: door.done == 2)
    assert notes.bodies == [b"x", b"y"]
    assert _names(tmp_path) == ["a.csv.2.done", "a.csv.2.done.txt", "a.csv.done", "a.csv.done.txt"]


async def test_an_answer_left_behind_by_a_crash_is_put_in_its_place(tmp_path: Path) -> None:
    work = tmp_path / ".work"
    work.mkdir()
    (tmp_path / "a.csv.done").write_bytes(b"x")
    (work / "answer~a.csv.done.txt").write_bytes(b"taken")
    (work / "answer~b.csv.done.txt").write_bytes(b"never moved")
    (work / "1~b.csv").write_bytes(b"y")
    notes = Notes()
    async with folder_door(tmp_path, notes) as door:
        await wait_for(lambda: door.done == 1)
    assert (tmp_path / "a.csv.done.txt").read_bytes() == b"taken"
    assert (tmp_path / "b.csv.done.txt").read_bytes() == b"ok:y"
    assert list(work.iterdir()) == []


async def test_close_waits_for_the_file_in_hand(tmp_path: Path) -> None:
    notes = Notes()
    notes.gate = asyncio.Event()
    (tmp_path / "a.csv").write_bytes(b"x")
    (tmp_path / "b.csv").write_bytes(b"y")
    async with folder_door(tmp_path, notes) as door:
        await notes.arrived.wait()
        closing = asyncio.create_task(door.close(5))
        await asyncio.sleep(0)
        notes.gate.set()
        await closing
    assert _names(tmp_path) == ["a.csv.done", "a.csv.done.txt", "b.csv"]


async def test_a_missing_folder_stops_at_start(tmp_path: Path) -> None:
    with pytest.raises(Config) as raised:
        await serve_folder(tmp_path / "none", "demo/school", Notes())
    assert raised.value.code == NO_SUCH_FOLDER
