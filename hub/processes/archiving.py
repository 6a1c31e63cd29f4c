"""The archive of a hub: where it is, as its start said, and the writer that runs beside the relay."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from hub.delivery.archive.segment import PURPOSE
from hub.delivery.archive.store import Folder
from hub.delivery.archive.writing import Archiver
from hub.delivery.relay import Relay
from hub.engine.embedded.home import Home
from hub.hubfile import HubConfig
from hub.ledger.reader import Reader
from hub.security.vault import Vault

_FILE: Final = "archive.json"


class Archive(msgspec.Struct, frozen=True):
    """What was said of it."""

    folder: str
    before_release: bool = False


def keep(home: Home, archive: Archive | None) -> None:
    """Keeps an embedded hub's choice in its data folder, for its children and for verbs."""
    path = home.folder / _FILE
    if archive is None:
        path.unlink(missing_ok=True)
        return
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(archive))
    part.replace(path)


def kept(home: Home) -> Archive | None:
    """An embedded hub's choice."""
    try:
        return msgspec.json.decode((home.folder / _FILE).read_bytes(), type=Archive)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def of_hub(hub: HubConfig) -> Archive | None:
    """A cluster's choice."""
    section = hub.archive
    return Archive(str(hub.file(section.folder)), section.before_release) if section is not None else None


def archiver_of(archive: Archive, reader: Reader, vault: Vault) -> Archiver:
    """The writer; nothing is read or written yet."""
    return Archiver(reader.copies, Folder(Path(archive.folder)), vault.secret(PURPOSE))


def check(archive: Archive | None, vault: Vault) -> None:
    """Whether the archive can be used, before a hub starts on it.

    Raises:
        Retry, Config: it is away, broken, or of another key.
    """
    if archive is not None:
        Archiver(lambda *_: None, Folder(Path(archive.folder)), vault.secret(PURPOSE)).open()


def hold_back(relay: Relay, archive: Archive, archiver: Archiver) -> None:
    """Lets nothing go to the platform that is not archived, where that was asked for."""
    if archive.before_release:
        relay.waits = lambda paper: paper.change > archiver.cursor
