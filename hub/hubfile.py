"""A hub.yaml: where Kafka and PostgreSQL are, and how a cluster's roles run. The units keep their own files.

An embedded hub needs none; where its traces go stands in a file of their own. Secrets stand in files, too; every path
is relative to the file that names it.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

from pydantic import Field, ValidationError

from hub.bill.model import Text
from hub.config import broken, findings_of
from hub.findings import Finding
from hub.sections.hub import ArchiveSection, KeysSection, ReadySection, RetentionSection, RolesSection
from hub.sections.section import HostPort, QuotaSection, Section
from hub.sections.servers import KafkaSection, PostgresSection, TlsSection
from hub.sections.traces import TracesSection
from hub.security.secret_file import read_secret
from hub.security.tls_files import system_authorities, tls_context
from hub.tracing.collector import Collector, Header
from hub.yaml_text import read_yaml


class PlacedFile(Section):
    """A file that names others beside it."""

    path: Path = Field(default=Path(), exclude=True)

    def file(self, name: str) -> Path:
        """A path of this file, made absolute."""
        return (self.path.parent / name).absolute()

    def secret(self, name: str) -> str:
        """The secret in a file, without the line's end.

        Raises:
            Config: it cannot be read, or it is empty.
        """
        return read_secret(self.file(name), str(self.path), name)

    def collector_of(self, section: TracesSection | None) -> Collector | None:
        """Where traces go, if they go anywhere."""
        if section is None:
            return None
        login = [Header(name, str(self.file(one.file)), one.scheme or "") for name, one in section.headers.items()]
        ca = str(self.file(section.ca)) if section.ca is not None else ""
        return Collector(section.endpoint, section.one_in, ca, login)


class TracesFile(PlacedFile):
    """What an embedded hub reads of traces: a file that holds the section and nothing else."""

    traces: TracesSection
    """Traces of messages on their way, for OpenTelemetry.
    消息全程追踪(OpenTelemetry)。"""

    @property
    def collector(self) -> Collector:
        """Where traces go."""
        found = self.collector_of(self.traces)
        assert found is not None
        return found


class HubConfig(PlacedFile):
    """A hub.yaml."""

    kafka: KafkaSection
    """The broker that carries the events.
    承载事件的 Kafka。"""
    postgres: PostgresSection
    """The database that holds the truth.
    存放事实的 PostgreSQL。"""
    keys: KeysSection
    """What opens the sealed bodies.
    主密钥与信任目录。"""
    archive: ArchiveSection | None = None
    """Where signed bills are copied to.
    已签票据的存档。"""
    roles: RolesSection = RolesSection()
    """How the roles run on this machine.
    各角色在本机如何运行。"""
    probes: HostPort | None = None
    """Where this machine answers probes and Prometheus, too: for one without doors or console.
    本机另外应答探测与 Prometheus 的地址,供没有收件口或控制台的机器使用。"""
    ready: ReadySection = ReadySection()
    """When a machine says that it is not ready.
    何时声明未就绪。"""
    retention: RetentionSection = RetentionSection()
    """How long bytes are kept that are behind no bill.
    与票据无关的原文保留多久。"""
    traces: TracesSection | None = None
    """Traces of messages on their way, for OpenTelemetry; none where left out.
    消息全程追踪(OpenTelemetry),不写则不追踪。"""
    regions: Text | None = None
    """File of the regions, a tree; see `docs/units.md`. Without one, `regions.yaml` beside the units.
    区划文件,见 `docs/units.md`;缺省用单位目录里的 `regions.yaml`。"""
    quota: QuotaSection = QuotaSection()
    """What each unit's senders may send, where its file says nothing.
    单位文件未写时的收件配额。"""

    @property
    def collector(self) -> Collector | None:
        """Where traces go, if they go anywhere."""
        return self.collector_of(self.traces)

    @property
    def regions_file(self) -> Path | None:
        """Where the regions stand, if it says so."""
        return self.file(self.regions) if self.regions is not None else None

    def tls_context(self, section: TlsSection) -> ssl.SSLContext:
        """For connections to a server.

        Raises:
            Config: a file that is missing or is no certificate or key.
        """
        return tls_context({name: self.file(path) for name, path in section if path is not None}, str(self.path))

    def dsn(self, *, writes: bool = True) -> str:
        """The database as libpq reads it; it holds the password and is not to be shown.

        Who only reads takes any of the servers.

        Raises:
            Config: the password file, or one of TLS, cannot be used.
        """
        section = self.postgres
        login = quote(section.user, safe="")
        if section.password_file is not None:
            login += ":" + quote(self.secret(section.password_file), safe="")
        options = {"target_session_attrs": "read-write" if writes else "any"}
        if section.tls is not None:
            self.tls_context(section.tls)  # the driver would take a file that does not do for a server that is away
            files = {
                "sslrootcert": section.tls.ca or system_authorities(str(self.path)),
                "sslcert": section.tls.certificate,
                "sslkey": section.tls.key,
            }
            options["sslmode"] = "verify-full"
            options |= {name: str(self.file(path)) for name, path in files.items() if path is not None}
        where = ",".join(section.servers)
        return f"postgresql://{login}@{where}/{quote(section.database, safe='')}?{urlencode(options)}"


Placed = TypeVar("Placed", bound=PlacedFile)


def read_hub(path: Path) -> tuple[HubConfig | None, list[Finding]]:
    """A hub.yaml and what is wrong with it; None when it cannot be used."""
    return _read(path, HubConfig)


def load_hub(path: Path) -> HubConfig:
    """A hub.yaml that is right.

    Raises:
        Config: it has findings; FileNotFoundError for a missing path.
    """
    return _load(path, HubConfig)


def read_traces(path: Path) -> tuple[TracesFile | None, list[Finding]]:
    """An embedded hub's file of traces and what is wrong with it; None when it cannot be used."""
    return _read(path, TracesFile)


def load_traces(path: Path) -> TracesFile:
    """An embedded hub's file of traces that is right.

    Raises:
        Config: it has findings; FileNotFoundError for a missing path.
    """
    return _load(path, TracesFile)


def _read(path: Path, model: type[Placed]) -> tuple[Placed | None, list[Finding]]:
    text = read_yaml(path)
    if text.findings:
        return None, list(text.findings)
    try:
        found = model.model_validate(text.data if text.data is not None else {})
    except ValidationError as error:
        return None, findings_of(text, error, model)
    return found.model_copy(update={"path": path.absolute()}), []


def _load(path: Path, model: type[Placed]) -> Placed:
    found, findings = _read(path, model)
    if found is None:
        raise broken(path, findings)
    return found
