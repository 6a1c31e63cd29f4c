"""A hub.yaml: where Kafka and PostgreSQL are, and how a cluster's roles run. The units keep their own files.

The text under a field is its line in `docs/hub-file.md`, English then Chinese. Secrets stand in files of their own;
every path is relative to this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from pydantic import Field, StringConstraints, ValidationError

from hub.bill.model import Text
from hub.config import BROKEN_FILES, findings_of
from hub.errors import Config, define
from hub.findings import Finding
from hub.sections import Name, QuotaSection, Section
from hub.yaml_text import read_yaml

HostPort = Annotated[str, StringConstraints(pattern=r"^(\[[0-9A-Fa-f:]+\]|[^:\s\[\]]+):\d{1,5}$")]
"""HOST:PORT; an IPv6 address stands in brackets."""

NO_SECRET = define(
    "BH-CFG-016",
    Config,
    zh="读不了密钥文件 {path}:{why}",
    en="the secret file {path} cannot be read: {why}",
    do_zh="检查路径(相对于 hub.yaml)、内容和权限",
    do_en="check its path, relative to hub.yaml, its content and its permissions",
)


class TlsSection(Section):
    """An encrypted connection."""

    ca: Text | None = None
    """Certificates that may sign the server's; the system's own where left out.
    可签发服务器证书的 CA 文件,缺省用系统的。"""
    certificate: Text | None = None
    """The hub's own certificate, where the server asks for one.
    服务器要求时,本系统的证书文件。"""
    key: Text | None = None
    """The key of that certificate.
    该证书的私钥文件。"""


class SaslSection(Section):
    """Who the hub says it is to Kafka."""

    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    """How it proves it; `PLAIN` only over TLS or on this machine.
    认证方式;`PLAIN` 只用于 TLS 或本机。"""
    user: Text
    """The user's name.
    用户名。"""
    password_file: Text
    """File with the password.
    存放口令的文件。"""


class KafkaSection(Section):
    """The broker that carries the events."""

    servers: tuple[HostPort, ...] = Field(min_length=1)
    """Brokers to begin with; the rest is learnt from them.
    起始节点,其余由它们告知。"""
    prefix: Name = "billhub"
    """Beginning of the topics' names: PREFIX.events and PREFIX.refused.
    主题名的前缀:PREFIX.events 与 PREFIX.refused。"""
    partitions: int = Field(default=12, ge=1, le=1000)
    """Partitions of the events; at least as many as workers, and never fewer later.
    事件分区数,不少于工作进程数,以后不能减少。"""
    spread: int = Field(default=3, ge=1, le=1000)
    """Partitions that one unit's events go to: a flood of it delays nobody on the others.
    一个单位的事件分布的分区数;它的洪峰不影响其他分区。"""
    replication: int = Field(default=3, ge=1, le=7)
    """Copies of each partition, where the hub makes the topics.
    创建主题时每个分区的副本数。"""
    create: bool = True
    """Whether the hub makes topics that are missing.
    缺少主题时是否由本系统创建。"""
    keep_hours: int = Field(default=168, ge=24, le=8760)
    """Hours a topic keeps what was taken in long ago, where the hub makes it.
    创建主题时保留数据的小时数。"""
    record_mib: int = Field(default=8, ge=1, le=64)
    """Largest record in MiB; a message that needs more is refused.
    单条记录上限(MiB),超过的消息被拒收。"""
    tls: TlsSection | None = None
    """Encrypted connections to the brokers.
    加密连接。"""
    sasl: SaslSection | None = None
    """Who the hub says it is.
    身份认证。"""


class PostgresSection(Section):
    """The database that holds the truth."""

    servers: tuple[HostPort, ...] = Field(min_length=1)
    """Servers; where there are several, the one that takes writes is used.
    数据库地址;有多个时用可写的那个。"""
    database: Text = "billhub"
    """Name of the database.
    数据库名。"""
    user: Text = "billhub"
    """Name of the role.
    用户名。"""
    password_file: Text | None = None
    """File with the password.
    存放口令的文件。"""
    tls: TlsSection | None = None
    """Encrypted connections; the server's name is checked.
    加密连接,并核对服务器名。"""
    connections: int = Field(default=4, ge=1, le=100)
    """Connections a process holds at most.
    每个进程最多的连接数。"""


class KeysSection(Section):
    """What opens the sealed bodies, the same on every machine."""

    master: Text
    """File of the master key; keep a copy elsewhere.
    主密钥文件,各机器相同,另存备份。"""
    trust: Text = "trust"
    """Folder of certificates that signatures are judged by.
    验证签名用的证书目录。"""


class ArchiveSection(Section):
    """Signed bills copied off the machine as they are released; a restore reads them back."""

    folder: Text
    """Folder on another machine, mounted here and on every machine with a relay.
    存档目录,应在另一台机器上,各中继机器均挂载。"""
    before_release: bool = False
    """Whether the platform countersigns a bill only after it is archived; issuing itself never waits.
    票据存档后才送财政平台加签;开票本身从不等待。"""


class DoorRole(Section):
    """Processes that take messages in."""

    processes: int = Field(default=1, ge=1, le=64)
    """Processes on a machine.
    每台机器的进程数。"""
    ack_seconds: int = Field(default=10, ge=1, le=60)
    """Seconds a sender waits for the broker before it is told to come again.
    等待 Kafka 确认的秒数,过后请对方重发。"""


class WorkerRole(Section):
    """Processes that take events into the database."""

    processes: int = Field(default=1, ge=1, le=64)
    """Processes on a machine.
    每台机器的进程数。"""
    batch: int = Field(default=200, ge=1, le=5000)
    """Messages a transaction takes at most.
    一个事务最多的消息数。"""
    patience_seconds: int = Field(default=30, ge=1, le=600)
    """Seconds the database may be away before the process ends, to be started anew.
    数据库不可用多久后进程退出重启。"""
    stall_seconds: int = Field(default=60, ge=10, le=600)
    """Seconds without a commit, while messages wait, before the process ends, to be started anew.
    有积压而无提交多久后进程退出重启。"""


class IssuerRole(Section):
    """Processes that sign."""

    processes: int = Field(default=1, ge=1, le=64)
    """Processes on a machine.
    每台机器的进程数。"""
    batch: int = Field(default=32, ge=1, le=500)
    """Bills taken at once.
    一次领取的票据数。"""


class RolesSection(Section):
    """How the roles run on this machine."""

    door: DoorRole = DoorRole()
    """Doors.
    收件。"""
    worker: WorkerRole = WorkerRole()
    """Workers.
    入库。"""
    issuer: IssuerRole = IssuerRole()
    """Issuers.
    开票。"""


class TracesSection(Section):
    """Where traces go; needs `billhub[trace]`."""

    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
    """Address that takes OTLP over HTTP, as `http://127.0.0.1:4318/v1/traces`.
    接收 OTLP/HTTP 的地址,如 `http://127.0.0.1:4318/v1/traces`。"""
    one_in: int = Field(default=100, ge=1)
    """Of how many messages one is traced; the same on every machine.
    每多少条消息追踪一条,各机器相同。"""
    ca: Text | None = None
    """Certificates that may sign the endpoint's; the system's own where left out.
    可签发该地址证书的 CA 文件,缺省用系统的。"""


class RetentionSection(Section):
    """How long bytes are kept that are behind no bill."""

    days: int = Field(default=90, ge=30, le=3650)
    """Days that a message's bytes are kept where they are behind no bill; what it said, and its id, stay.
    与票据无关的原文保留天数;其内容与编号一直保留。"""
    refused_a_day: int = Field(default=1000, ge=1, le=1_000_000)
    """Refused messages of a source whose bytes a door process keeps in a day; of more, only the reason.
    每个收件进程每天为每个来源保留原文的拒收消息数,超过的只留原因。"""


class ReadySection(Section):
    """When a machine says that it is not ready."""

    lag_seconds: int = Field(default=300, ge=1, le=86_400)
    """Seconds that the oldest message may wait for a worker.
    最旧的消息可等待入库的秒数。"""
    lag_records: int = Field(default=1_000_000, ge=1)
    """Kafka records that may wait.
    可积压的 Kafka 记录数。"""
    due_seconds: int = Field(default=300, ge=1, le=86_400)
    """Seconds that the oldest bill that can be issued may wait for an issuer.
    最早可开的票据可等待的秒数。"""
    replica_seconds: int = Field(default=60, ge=1, le=86_400)
    """Seconds that a standby may be behind from which pages are read.
    页面所读备库可落后的秒数。"""


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

    def dsn(self, *, writes: bool = True) -> str:
        """The database as libpq reads it; it holds the password and is not to be shown.

        Who only reads takes any of the servers.

        Raises:
            Config: the password file cannot be read.
        """
        section = self.postgres
        login = quote(section.user, safe="")
        if section.password_file is not None:
            login += ":" + quote(self.secret(section.password_file), safe="")
        options = {"target_session_attrs": "read-write" if writes else "any"}
        if section.tls is not None:
            files = {"sslrootcert": section.tls.ca, "sslcert": section.tls.certificate, "sslkey": section.tls.key}
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
