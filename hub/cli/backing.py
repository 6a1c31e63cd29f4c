"""What backup, restore and epoch share: the place they work on, its keys, archive and platforms, and reading back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli.language import say

if TYPE_CHECKING:
    from hub.delivery.archive.store import Folder
    from hub.hubfile import HubConfig
    from hub.processes.restoring import Restoring
    from hub.security.vault import Vault

STAGES = {
    "copy": say("复制", "copying"),
    "compare": say("核对", "comparing"),
    "archive": say("读回存档", "reading the archive"),
    "platform": say("查询财政平台", "asking the platform"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A data folder, or a cluster's hub.yaml."""

    data: Path
    hub: HubConfig | None
    key_file: Path

    @property
    def trust(self) -> Path:
        """Certificates that signatures are judged by."""
        return self.hub.file(self.hub.keys.trust) if self.hub is not None else self.data / "trust"

    def keys(self) -> tuple[Vault, list[str]]:
        """The vault, and the names of its master keys.

        Raises:
            Config: the master key is missing or broken.
        """
        from hub.security.faults import MASTER_KEY_MISSING
        from hub.security.vault import Vault, key_id, read_master_keys

        try:
            keys = read_master_keys(self.key_file)
        except FileNotFoundError:
            raise MASTER_KEY_MISSING(str(self.key_file)) from None
        return Vault(keys), [key_id(key).hex() for key in keys]

    def archive(self, named: Path | None) -> Folder | None:
        """The archive: named, or as the hub was started with."""
        from hub.delivery.archive.store import Folder
        from hub.engine.embedded.home import Home
        from hub.processes.archiving import kept, of_hub

        if named is not None:
            return Folder(named)
        known = of_hub(self.hub) if self.hub is not None else kept(Home(self.data))
        return Folder(Path(known.folder)) if known is not None else None


def place_of(data: Path) -> Place:
    """What --data names.

    Raises:
        Config: a hub.yaml that is wrong.
    """
    if data.is_file():
        from hub.hubfile import load_hub

        hub = load_hub(data)
        return Place(data, hub, hub.file(hub.keys.master))
    return Place(data, None, data / "master.key")


def read_back(
    work: Restoring, place: Place, store: Folder | None, after: dict[str, Any] | None, reasons: dict[str, str]
) -> None:
    """What archive and platforms know of the time that the ledger lost, but for what a reason is given to leave out.

    Raises:
        Fault: one of them is away, or is not what it should be; done again, it goes on from there.
    """
    import asyncio

    from hub.delivery.archive.segment import PURPOSE
    from hub.engine.platforms import platforms_of

    if reasons["archive"]:
        work.skip("archive", reasons["archive"])
    elif store is not None:
        work.read_archive(store, work.vault.secret(PURPOSE), after)
    if reasons["platform"]:
        work.skip("platform", reasons["platform"])
    else:
        asyncio.run(work.ask_platforms(platforms_of(work.units, place.trust)))
