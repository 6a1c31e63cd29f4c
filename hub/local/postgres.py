"""A real PostgreSQL in a folder: initialised there, on loopback and a free port, stopped by its own id.

PostgreSQL refuses to run as root: started by root it runs as the user `postgres` its package made.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

USER: Final = "postgres"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02
SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class LocalServerError(Exception):
    """A server of our own could not be started; the text says what to do."""


def installed() -> Path | None:
    """The folder of the newest PostgreSQL server programs on this machine, or None."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class LocalPostgres:
    """One server. `start` again after `stop` or `kill` goes on with the same data on the same port."""

    def __init__(self, folder: Path, *, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        """Nothing runs yet; `settings` go into the server's configuration on top of `SETTINGS`."""
        programs = installed()
        if programs is None:
            raise LocalServerError("PostgreSQL is not installed; install it: apt-get install postgresql")
        self._programs = programs
        self._as = pwd.getpwnam(USER) if os.geteuid() == 0 else None
        self.folder = self._home(folder.absolute())
        self.data = self.folder / "data"
        self.port = port or self._kept_port() or _free_port()
        self._settings = {**SETTINGS, **(settings or {}), "port": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        """Of the superuser `postgres`; made with the data."""
        return (self.folder / "password").read_text("ascii").strip()

    def dsn(self, database: str = "postgres") -> str:
        """A URL for the superuser."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        if self._process is None:
            raise LocalServerError("this PostgreSQL does not run")
        return self._process.pid

    def start(self) -> LocalPostgres:
        """Makes the data where there are none, starts the server and waits until it answers.

        Raises:
            LocalServerError: it did not start; names its log.
        """
        self._end_leftover()
        if not (self.data / "PG_VERSION").exists():
            self._make()
        self._configure()
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # an interrupt at the terminal ends the hub first, and the server in order
                **self._user(),
            )
        self._watch(self._process.pid)
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise LocalServerError(f"PostgreSQL did not start; see {self.folder / 'postgres.log'}")
            time.sleep(_POLL_SECONDS)
        return self

    @property
    def alive(self) -> bool:
        """Whether the server's process is there."""
        return self._process is not None and self._process.poll() is None

    def change(self, **settings: str) -> None:
        """Settings that a running server takes on; they stay through its restarts."""
        self._settings |= settings
        self._configure()
        _signal(self.pid, signal.SIGHUP)

    def _configure(self) -> None:
        lines = "".join(f"{name} = '{value}'\n" for name, value in self._settings.items())
        (self.data / "postgresql.auto.conf").write_text(lines, "utf-8")

    def stop(self, *, at_once: bool = False) -> None:
        """Ends the server: in order, or as if the power had gone (`at_once`)."""
        if self._process is None:
            return
        self._unwatch()
        self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        self._process.wait(STOP_SECONDS)
        self._process = None

    def kill(self) -> None:
        """Kills the postmaster and every process of its with SIGKILL, and waits until they are gone."""
        self._unwatch()
        family = [self.pid, *_children(self.pid)]
        for pid in family:
            _signal(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
        _wait_gone(family)
        self._process = None

    def remove(self) -> None:
        """Ends the server and deletes everything it kept."""
        self.stop(at_once=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def freeze(self) -> None:
        """Stops the server's processes where they are; connections stay open and nothing answers."""
        for pid in (self.pid, *_children(self.pid)):
            _signal(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets them go on."""
        for pid in (*_children(self.pid), self.pid):
            _signal(pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(at_once=True)

    def _watch(self, pid: int) -> None:
        """Ends the server with this process, however that ends and whichever of its threads started it.

        The watcher reads from a pipe that this process alone holds open: its end is the end of this process.
        """
        self._unwatch()
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r _; kill -QUIT "$0"', str(pid)],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _unwatch(self) -> None:
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.communicate()
            self._watcher = None

    def _home(self, folder: Path) -> Path:
        """The folder, or, where the user `postgres` could not come to, one it can, linked from there."""
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / "server"
        if link.is_symlink() and link.exists():
            return link.resolve()
        if self._as is None:
            return folder
        if not all(parent.stat().st_mode & 0o001 for parent in folder.parents):
            made = Path(tempfile.mkdtemp(prefix="billhub-postgres-", dir="/var/tmp"))
            link.unlink(missing_ok=True)
            link.symlink_to(made)
            folder = made
        os.chown(folder, self._as.pw_uid, self._as.pw_gid)
        return folder

    def _kept_port(self) -> int:
        try:
            kept = (self.data / "postgresql.auto.conf").read_text("utf-8")
        except FileNotFoundError:
            return 0
        return next((int(line.split("'")[1]) for line in kept.splitlines() if line.startswith("port = ")), 0)

    def _user(self) -> dict[str, Any]:
        if self._as is None:
            return {}
        return {"user": self._as.pw_uid, "group": self._as.pw_gid, "extra_groups": []}

    def _make(self) -> None:
        secret = self.folder / "password"
        secret.touch(0o600)
        secret.write_text(secrets.token_urlsafe(24), "ascii")
        if self._as is not None:
            os.chown(secret, self._as.pw_uid, self._as.pw_gid)
        command = [str(self._programs / "initdb"), "-D", str(self.data), "-U", USER, "-E", "UTF8", "--locale=C"]
        command += ["-A", "scram-sha-256", "--pwfile", str(secret), "--no-sync"]
        made = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd=self.folder, **self._user()
        )
        if made.returncode:
            raise LocalServerError(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")

    def _answers(self) -> bool:
        command = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1"]
        return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0

    def _end_leftover(self) -> None:
        """Ends a server that an earlier life of ours left running on this data, and its children."""
        try:
            pid = int((self.data / "postmaster.pid").read_text("ascii").split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, IndexError, ValueError):
            return
        if str(self.data).encode() in command:
            family = [pid, *_children(pid)]
            _signal(pid, signal.SIGQUIT)
            _wait_gone(family)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except FileNotFoundError:
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _wait_gone(pids: list[int]) -> None:
    until = time.monotonic() + STOP_SECONDS
    while any(_alive(pid) for pid in pids):
        if time.monotonic() > until:
            raise LocalServerError(f"processes {pids} do not end")
        time.sleep(_POLL_SECONDS)


def _alive(pid: int) -> bool:
    """Whether a process still runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] not in {"Z", "X"}
    except FileNotFoundError:
        return False
