"""Of a hub.yaml: Kafka and PostgreSQL, and how they are reached."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.bill.model import Text
from hub.sections.section import HostPort, Name, Section


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
    """Connections for a process's transactions at most; pages of a door or console take up to 15 more.
    每个进程的事务最多用的连接数;收件口或控制台的页面另用至多 15 个。"""
