"""The archive is a chain: written once, by whoever is first, and what is missing, cut, altered or another's shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.delivery.archive import writing
from hub.delivery.archive.reading import pages, position
from hub.delivery.archive.segment import pack, unpack
from hub.delivery.archive.store import Folder
from hub.delivery.archive.writing import PAGE, Archiver
from hub.delivery.relay import Relay
from hub.errors import Config, Fault, Retry
from hub.ledger.epochs.copies import Page
from hub.metrics.catalogue import ARCHIVE_FAILURES
from hub.processes.archiving import Archive, hold_back
from tests.ledger.book import SqliteBook, charge, payment

SECRET = b"s" * 32


def ledger(until: int, epoch: int = 1) -> Callable[..., Page | None]:
    """Changes 1 to `until`, two at a time."""

    def copies(after: int, limit: int, _known: object) -> Page | None:
        assert limit == PAGE
        return Page(epoch, after + 1, min(after + 2, until), [], [], []) if after < until else None

    return copies


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "archive").mkdir()
    return tmp_path / "archive"


def archiver(folder: Path, until: int, epoch: int = 1, secret: bytes = SECRET) -> Archiver:
    return Archiver(ledger(until, epoch), Folder(folder), secret)


def written(folder: Path, until: int = 6) -> list[Path]:
    one = archiver(folder, until)
    while one.cursor < until:
        one.turn()
    return sorted(folder.rglob("*.bha"))


def changes(folder: Path, after: dict[str, object] | None = None) -> list[int]:
    return [page.last for _number, page in pages(Folder(folder), SECRET, after)]


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(Fault) as fault:
        call()
    return fault.value.code.code


def test_what_is_written_is_read_back_from_any_position(folder: Path) -> None:
    written(folder, 4)
    here = position(Folder(folder), SECRET)
    assert (here["segment"], here["change"]) == (2, 4)
    written(folder, 9)
    assert changes(folder) == [2, 4, 6, 8, 9]
    assert changes(folder, here) == [6, 8, 9]
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_a_writer_goes_on_from_the_archives_own_end(folder: Path) -> None:
    written(folder, 4)
    again = archiver(folder, 6)
    assert again.turn() is False
    assert again.cursor == 6
    assert again.turn() is False  # nothing new
    assert len(list(folder.rglob("*.bha"))) == 3


def test_of_two_writers_one_is_first_and_the_other_looks_again(folder: Path) -> None:
    one, two = archiver(folder, 4), archiver(folder, 8)
    one.open()
    two.open()
    one.turn()
    while two.cursor < 8:
        two.turn()
    one.turn()
    assert one.cursor == 8
    assert changes(folder) == [2, 4, 6, 8]


def test_a_number_that_is_taken_is_not_written_over(folder: Path) -> None:
    store = Folder(folder)
    assert store.put(1, b"first")
    assert not store.put(1, b"second")
    assert store.get(1) == b"first"


@pytest.mark.parametrize("at", [0, 5, 20, 50, -40, -1])
def test_an_altered_byte_shows(folder: Path, at: int) -> None:
    (_, second, _) = written(folder)
    data = bytearray(second.read_bytes())
    data[at] ^= 1
    second.write_bytes(data)
    assert refusal(lambda: changes(folder)) in {"BH-ARC-002", "BH-ARC-004"}


@pytest.mark.parametrize("size", [0, 3, 40, 80])
def test_a_segment_that_was_cut_off_shows(folder: Path, size: int) -> None:
    (*_, last) = written(folder)
    last.write_bytes(last.read_bytes()[:size])
    assert refusal(lambda: changes(folder)) == "BH-ARC-002"
    assert refusal(archiver(folder, 8).turn) == "BH-ARC-002"


def test_a_segment_that_is_missing_shows(folder: Path) -> None:
    (_, second, third) = written(folder)
    second.unlink()
    assert refusal(lambda: changes(folder)) == "BH-ARC-003"
    third.rename(second)  # nor does a later one stand in for it
    assert refusal(lambda: changes(folder)) == "BH-ARC-003"


def test_an_archive_that_ends_before_the_backup_shows(folder: Path) -> None:
    paths = written(folder)
    here = position(Folder(folder), SECRET)
    paths[-1].unlink()
    assert refusal(lambda: changes(folder, here)) == "BH-ARC-005"
    written(folder, 5)  # another third segment
    assert refusal(lambda: changes(folder, here)) == "BH-ARC-003"


def test_another_master_key_is_named_as_such(folder: Path) -> None:
    written(folder)
    assert refusal(archiver(folder, 8, secret=b"o" * 32).turn) == "BH-ARC-004"
    with pytest.raises(Config):
        unpack(1, pack(Page(1, 1, 1, [], [], []), b"o" * 32, bytes(32))[0], SECRET, None)


def test_a_hub_whose_data_went_on_elsewhere_stops_archiving(folder: Path) -> None:
    written(folder, 4)
    assert archiver(folder, 6, epoch=2).turn() is False
    assert refusal(archiver(folder, 8, epoch=1).turn) == "BH-ARC-006"


def test_an_archive_that_is_away_is_waited_for(folder: Path) -> None:
    one = archiver(folder, 6)
    one.turn()
    folder.rename(folder.with_name("away"))
    with pytest.raises(Retry) as fault:
        one.turn()
    assert fault.value.code.code == "BH-ARC-001"
    folder.with_name("away").rename(folder)
    one.turn()
    assert one.cursor == 4


async def test_an_archive_that_is_away_is_counted_until_it_is_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "AGAIN_SECONDS", 0.01)
    count = ARCHIVE_FAILURES.values
    count.clear()
    folder.rename(folder.with_name("elsewhere"))
    one = archiver(folder, 6)
    running = asyncio.create_task(one.run())
    try:
        async with asyncio.timeout(60):
            while sum(row[0] for row in count.values()) < 2:
                await asyncio.sleep(0.01)
            folder.with_name("elsewhere").rename(folder)
            while one.cursor < 6:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
    ((code,),) = count
    assert code.startswith("BH-")


def test_a_bill_waits_for_its_archive_where_that_was_asked_for(folder: Path, tmp_path: Path) -> None:
    book = SqliteBook(folder=tmp_path / "data").numbers()
    book.take(charge(), payment())
    (work,) = book.issue()
    reader = book.reader()
    for first in (True, False):
        relay = Relay(reader, None, {}, lambda _unit, _source: None)  # type: ignore[arg-type]
        writer = Archiver(reader.copies, Folder(folder), SECRET)
        hold_back(relay, Archive(str(folder), before_release=first), writer)
        paper = reader.papers([work.bill_id])[work.bill_id]
        assert relay.waits(paper) is first
        writer.turn()
        assert not relay.waits(paper)
    assert [page.bills[0].draft.id for _n, page in pages(Folder(folder), SECRET, None)] == [work.bill_id]
    book.close()
