"""A ledger opened for looking: a window into its database, and the vault for what is sealed in it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hub.errors import Lang
from hub.ledger.looking import Window, sqlite_window
from hub.security.vault import Vault

LIMIT: Final = 1000
"""Rows of a list, where nobody says how many."""


class Opened:
    """What every subject looks through."""

    def __init__(self, where: Path | Window, vault: Vault, *, shared: bool = False) -> None:
        """`where` is a data folder, or a window into another database.

        `shared` keeps one connection to the folder open, for a process that looks often from one thread.
        """
        self.lang: Lang = "zh"
        """the language of faults in what is shown"""
        self._vault = vault
        self._window = where if isinstance(where, Window) else sqlite_window(where, shared=shared)
        self._look = self._window.look

    def close(self) -> None:
        """Closes what is open."""
        self._window.close()
