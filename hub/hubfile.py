"""A hub.yaml: where Kafka and PostgreSQL are, and how a cluster's roles run. The units keep their own files.

Secrets stand in files of their own; every path is relative to this file.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import quote, urlencode

from pydantic import Field, ValidationError

from hub.bill.model import Text
from hub.config import BROKEN_FILES, findings_of
from hub.errors import Config, define
from hub.findings import Finding
from hub.sections.hub import ArchiveSection, KeysSection, ReadySection, RetentionSection, RolesSection, TracesSection
from hub.sections.section import HostPort, QuotaSection, Section
from hub.sections.servers import KafkaSection, PostgresSection, TlsSection
from hub.yaml_text import read_yaml

NO_SECRET = define(
    "BH-CFG-016",
    Config,
    zh="读不了密钥文件 {path}:{why}",
    en="the secret file {path} cannot be read: {why}",
    do_zh="检查路径(相对于 hub.yaml)、内容和权限",
    do_en="check its path, relative to hub.yaml, its content and its permissions",
)
BAD_TLS = define(
    "BH-CLU-017",
    Config,
    zh="TLS 文件不能用:{why}",
    en="the TLS files cannot be used: {why}",
    do_zh="检查 hub.yaml 的 tls 各项",
    do_en="check the entries under tls in hub.yaml",
)


class HubConfig(Section):
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
    path: Path = Field(default=Path(), exclude=True)

    def file(self, name: str) -> Path:
        """A path of this file, made absolute."""
        return (self.path.parent / name).absolute()

    @property
    def regions_file(self) -> Path | None:
        """Where the regions stand, if it says so."""
        return self.file(self.regions) if self.regions is not None else None

    def secret(self, name: str) -> str:
        """The secret in a file, without the line's end.

        Raises:
            Config: it cannot be read, or it is empty.
        """
        path = self.file(name)
        try:
            text = path.read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise NO_SECRET(str(self.path), path=name, why=type(error).__name__) from None
        if not text:
            raise NO_SECRET(str(self.path), path=name, why="it is empty")
        return text

    def tls_context(self, section: TlsSection) -> ssl.SSLContext:
        """Checks a server's certificate and name; shows the hub's own certificate where there is one.

        Raises:
            Config: a file that is missing or is no certificate or key.
        """
        named = {name: self.file(path) for name, path in section if path is not None}
        try:
            for path in named.values():
                path.open("rb").close()  # of a missing file, TLS does not say which
            context = ssl.create_default_context(cafile=named.get("ca"))
            if "certificate" in named:
                context.load_cert_chain(named["certificate"], named.get("key"))
        except (OSError, ssl.SSLError) as error:
            raise BAD_TLS(str(self.path), why=str(error)) from None
        return context

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
            authorities = section.tls.ca or ssl.get_default_verify_paths().cafile
            if authorities is None:
                raise BAD_TLS(str(self.path), why="this machine has no file of authorities; name one as ca")
            files = {"sslrootcert": authorities, "sslcert": section.tls.certificate, "sslkey": section.tls.key}
            options["sslmode"] = "verify-full"
            options |= {name: str(self.file(path)) for name, path in files.items() if path is not None}
        where = ",".join(section.servers)
        return f"postgresql://{login}@{where}/{quote(section.database, safe='')}?{urlencode(options)}"


def read_hub(path: Path) -> tuple[HubConfig | None, list[Finding]]:
    """A hub.yaml and what is wrong with it; None when it cannot be used."""
    text = read_yaml(path)
    if text.findings:
        return None, list(text.findings)
    try:
        hub = HubConfig.model_validate(text.data if text.data is not None else {})
    except ValidationError as error:
        return None, findings_of(text, error, HubConfig)
    return hub.model_copy(update={"path": path.absolute()}), []


def load_hub(path: Path) -> HubConfig:
    """A hub.yaml that is right.

    Raises:
        Config: it has findings; FileNotFoundError for a missing path.
    """
    hub, findings = read_hub(path)
    if hub is None:
        first = findings[0]
        where = f"{first.file}:{first.line}:{first.column}: {first.fault.what('en')}"
        raise BROKEN_FILES(where, count=len(findings), path=path)
    return hub
