"""Of a hub.yaml: keys and archive, how the roles of a machine run, when it is ready, what is kept."""

from __future__ import annotations

from pydantic import Field

from hub.bill.model import Text
from hub.sections.section import Section


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


class RetentionSection(Section):
    """How long bytes are kept that are behind no bill."""

    days: int = Field(default=90, ge=30, le=3650)
    """Days that a message's bytes are kept where they are behind no bill; what it said, and its id, stay.
    与票据无关的原文保留天数;其内容与编号一直保留。"""
    refused_a_day: int = Field(default=1000, ge=1, le=1_000_000)
    """Refused messages of a source whose bytes a door process keeps in a day; of more, only the reason.
    每个收件进程每天为每个来源保留原文的拒收消息数,超过的只留原因。"""
