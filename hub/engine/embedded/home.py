"""A hub's data folder: what lies where, and the keys that open it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from hub.engine.faults import NO_DATA
from hub.ledger.sqlite_file import FILE
from hub.security.vault import Vault, open_vault

log = logging.getLogger("billhub.home")


@dataclass(frozen=True, slots=True)
class Home:
    """Names inside a data folder."""

    folder: Path

    @property
    def socket(self) -> Path:
        """Where the hub's processes and the command line meet the core."""
        return self.folder / "core.sock"

    @property
    def master_key(self) -> Path:
        """The key that opens everything; back it up apart from the data."""
        return self.folder / "master.key"

    @property
    def trust(self) -> Path:
        """Certificates that signatures are judged by."""
        return self.folder / "trust"

    @property
    def has_data(self) -> bool:
        """Whether a hub ever ran here."""
        return (self.folder / FILE).exists()

    def make(self) -> None:
        """Makes the folder, for its owner only."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.trust.mkdir(exist_ok=True)

    def vault(self) -> Vault:
        """Opens the vault; the first start of an empty folder makes the master key.

        Raises:
            Config: data is there and its master key is not.
        """
        opened = open_vault(self.master_key, has_data=self.has_data)
        if opened.created:
            log.warning("a new master key was made in %s: back it up apart from the data", self.master_key)
        return opened.vault

    def existing(self) -> Home:
        """Itself, where a hub has run.

        Raises:
            Config: there is no data.
        """
        if not self.has_data:
            raise NO_DATA(folder=self.folder)
        return self
