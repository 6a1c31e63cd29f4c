"""A streaming standby of a local PostgreSQL: copied while it runs, following it, promoted when it is gone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hub.local.postgres import USER, LocalPostgres, LocalServerError

NAME: Final = "standby"
"""What the primary lists it as; `synchronous_standby_names` names it."""


class LocalStandby(LocalPostgres):
    """One standby of one primary."""

    def __init__(self, primary: LocalPostgres, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """Nothing runs yet; the primary has to when this starts for the first time."""
        super().__init__(folder, settings=settings)
        self._primary = primary
        login = f"user={USER} password={primary.password} application_name={NAME}"
        where = f"host=127.0.0.1 port={primary.port} {login}"
        self._settings |= {"primary_conninfo": where, "recovery_target_timeline": "latest"}

    @property
    def password(self) -> str:
        """The primary's: the logins are copied with the data."""
        return self._primary.password

    def promote(self) -> None:
        """Makes it the primary, and returns when it takes writes.

        Raises:
            LocalServerError: it does not become one.
        """
        command = [str(self._programs / "pg_ctl"), "promote", "-w", "-D", str(self.data)]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd=self.folder, **self._user()
        )
        if done.returncode:
            raise LocalServerError(f"the standby was not promoted: {done.stderr.decode(errors='replace').strip()}")

    def _make(self) -> None:
        source = f"postgresql://{USER}@127.0.0.1:{self._primary.port}/"
        command = [str(self._programs / "pg_basebackup"), "-D", str(self.data), "-d", source]
        command += ["-X", "stream", "-c", "fast", "--no-sync"]
        made = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, "PGPASSWORD": self._primary.password},
            **self._user(),
        )
        if made.returncode:
            raise LocalServerError(f"pg_basebackup failed: {made.stderr.decode(errors='replace').strip()}")
        signal_file = self.data / "standby.signal"
        signal_file.touch(0o600)
        if self._as is not None:
            os.chown(signal_file, self._as.pw_uid, self._as.pw_gid)
