"""Faults of the cluster engine."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Park, Reject, Retry, define

NO_EXTRA: Final = define(
    "BH-CLU-001",
    Config,
    zh="集群引擎缺少组件 {name}",
    en="the cluster engine lacks {name}",
    do_zh="安装: pip install 'billhub[cluster]'",
    do_en="install it: pip install 'billhub[cluster]'",
)
BROKER_AWAY: Final = define(
    "BH-CLU-002",
    Retry,
    zh="Kafka 在 {seconds} 秒内没有确认,消息未被接收",
    en="Kafka did not acknowledge within {seconds} s; the message was not taken",
    do_zh="稍后用同一编号重发",
    do_en="send it again a little later, under the same id",
)
BROKER_SILENT: Final = define(
    "BH-CLU-019",
    Retry,
    zh="Kafka 没有回答",
    en="Kafka does not answer",
    do_zh="检查 Kafka 和网络;恢复后会自动继续",
    do_en="look at Kafka and the network; work goes on by itself once it answers",
)
TOO_LARGE: Final = define(
    "BH-CLU-003",
    Reject,
    zh="消息需要 {size} 字节,超过单条记录上限 {most}",
    en="the message needs {size} bytes, more than a record's {most}",
    do_zh="分成几次发送,或调大 hub.yaml 的 record_mib",
    do_en="send it in several parts, or raise record_mib in hub.yaml",
)
NEWER_EVENT: Final = define(
    "BH-CLU-004",
    Park,
    zh="消息由更新的版本写入 (格式 {found},本程序认识 {known})",
    en="a newer release wrote this message (schema {found}; this one knows {known})",
    do_zh="消息已保存;升级后用 billhub parked replay 重放",
    do_en="the message is kept; replay it with billhub parked replay after the upgrade",
)
UNREADABLE: Final = define(
    "BH-CLU-005",
    Reject,
    zh="{topic} 上的一条记录不是本系统写的",
    en="a record on {topic} is none that a hub wrote",
    do_zh="查明谁在写这个主题,并收回其权限",
    do_en="find out who writes to this topic, and take the right away",
)
VERDICT_LATE: Final = define(
    "BH-CLU-006",
    Retry,
    zh="消息已保存,但 {seconds} 秒内没有处理结果",
    en="the message is stored, but was not judged within {seconds} s",
    do_zh="稍后用同一编号重发,会得到结果",
    do_en="send it again a little later, under the same id, and the answer will be there",
)
NOBODY_JUDGES: Final = define(
    "BH-CLU-007",
    Retry,
    zh="数据库暂时不可用,无法给出处理结果;消息未被接收",
    en="the database is away, so nobody can judge the message; it was not taken",
    do_zh="稍后用同一编号重发",
    do_en="send it again a little later, under the same id",
)
UNREACHABLE: Final = define(
    "BH-CLU-010",
    Config,
    zh="连不上 Kafka ({servers}):{why}",
    en="Kafka cannot be reached at {servers}: {why}",
    do_zh="检查 hub.yaml 的 kafka.servers、网络和 Kafka 是否在运行",
    do_en="check kafka.servers in hub.yaml, the network, and that Kafka runs",
)
LOGIN_REFUSED: Final = define(
    "BH-CLU-011",
    Config,
    zh="Kafka 不接受用户 {user}",
    en="Kafka does not accept the user {user}",
    do_zh="检查 hub.yaml 的 kafka.sasl 和口令文件",
    do_en="check kafka.sasl in hub.yaml and the password file",
)
NO_TOPIC: Final = define(
    "BH-CLU-012",
    Config,
    zh="Kafka 上没有主题 {topic}",
    en="there is no topic {topic} on Kafka",
    do_zh="创建它({partitions} 个分区),或在 hub.yaml 写 kafka.create: true",
    do_en="create it with {partitions} partitions, or write kafka.create: true in hub.yaml",
)
FEW_PARTITIONS: Final = define(
    "BH-CLU-013",
    Config,
    zh="主题 {topic} 只有 {found} 个分区,hub.yaml 写的是 {wanted}",
    en="the topic {topic} has {found} partitions; hub.yaml says {wanted}",
    do_zh="增加分区,或把 kafka.partitions 改为 {found}",
    do_en="add partitions, or make kafka.partitions {found}",
)
NO_RIGHT: Final = define(
    "BH-CLU-014",
    Config,
    zh="Kafka 用户无权 {right} {resource}",
    en="the Kafka user may not {right} {resource}",
    do_zh="授予该权限 (ACL)",
    do_en="grant that right by an ACL",
)
SMALL_RECORDS: Final = define(
    "BH-CLU-015",
    Config,
    zh="主题 {topic} 的 max.message.bytes 是 {found},小于所需的 {wanted}",
    en="max.message.bytes of {topic} is {found}, less than the {wanted} needed",
    do_zh="调大它,或把 hub.yaml 的 kafka.record_mib 改小",
    do_en="raise it, or lower kafka.record_mib in hub.yaml",
)
UNSAFE_TOPIC: Final = define(
    "BH-CLU-016",
    Config,
    zh="主题 {topic} 的 {setting} 是 {found},已确认的数据可能丢失",
    en="{setting} of {topic} is {found}; what was acknowledged could be lost",
    do_zh="改为 {wanted}",
    do_en="make it {wanted}",
)
NOT_CREATED: Final = define(
    "BH-CLU-018",
    Config,
    zh="主题 {topic} 创建不了:{why}",
    en="the topic {topic} cannot be made: {why}",
    do_zh="检查 hub.yaml 的 kafka.replication 不超过节点数,或手工创建",
    do_en="check that kafka.replication in hub.yaml is not more than there are brokers, or make it by hand",
)
OTHER_DATABASE: Final = define(
    "BH-CLU-020",
    Config,
    zh="{host} 上的 worker 正把 {topic} 写入另一个数据库,两个系统会各缺一部分消息",
    en="a worker at {host} takes {topic} into another database; each of the two would miss what the other took",
    do_zh="每套系统用自己的 kafka.prefix;如果数据库已更换,先停止旧的 worker",
    do_en="give each hub a kafka.prefix of its own; where the database was changed, stop the workers of the old one",
)
OFFSETS_AWAY: Final = define(
    "BH-CLU-030",
    Retry,
    zh="Kafka 不回答消费位点:{found}",
    en="Kafka does not tell, or take, the workers' offsets: {found}",
    do_zh="检查 Kafka;恢复后再次运行。Kafka 已丢失时加 --no-kafka 原因",
    do_en="see to Kafka and run this again; where Kafka is lost, add --no-kafka REASON",
)
WORKERS_RUN: Final = define(
    "BH-CLU-031",
    Config,
    zh="消费组 {group} 还有成员在运行",
    en="members of the group {group} still run",
    do_zh="先停止所有 worker,再运行 billhub restore",
    do_en="stop every worker, then run billhub restore again",
)
