"""Faults of the servers that are brought up on this machine."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, define

NO_JAVA: Final = define(
    "BH-LOC-001",
    Config,
    zh="找不到 Java {least} 或更新的版本:{found}",
    en="there is no Java {least} or newer: {found}",
    do_zh="安装: apt-get install default-jre-headless",
    do_en="install it: apt-get install default-jre-headless",
)
NO_MAVEN: Final = define(
    "BH-LOC-002",
    Config,
    zh="Kafka 的 jar 还没有下载,而这里没有 mvn",
    en="Kafka's jars are not here yet, and there is no mvn to fetch them",
    do_zh="安装: apt-get install maven;或把 jar 放进 {folder}",
    do_en="install it: apt-get install maven, or put the jars into {folder}",
)
FETCH_FAILED: Final = define(
    "BH-LOC-003",
    Config,
    zh="下载 Kafka 的 jar 失败:{found}",
    en="Kafka's jars could not be fetched: {found}",
    do_zh="检查网络和 Maven 的 settings.xml",
    do_en="check the network and Maven's settings.xml",
)
WRONG_JAR: Final = define(
    "BH-LOC-004",
    Config,
    zh="{name} 与记录的校验和不符",
    en="{name} is not the file whose checksum is on record",
    do_zh="换一个可信的镜像,再试",
    do_en="use a mirror that can be trusted, and try again",
)
BROKER_FAILED: Final = define(
    "BH-LOC-005",
    Config,
    zh="Kafka 节点 {node} 没有起来",
    en="Kafka broker {node} did not come up",
    do_zh="查看 {log}",
    do_en="see {log}",
)
NO_POSTGRES: Final = define(
    "BH-LOC-006",
    Config,
    zh="本机的 PostgreSQL 不能用:{found}",
    en="PostgreSQL cannot be used here: {found}",
    do_zh="安装: apt-get install postgresql",
    do_en="install it: apt-get install postgresql",
)
LACKS: Final = define(
    "BH-LOC-007",
    Config,
    zh="演练需要 {what},这里没有",
    en="the drill needs {what}, and there is none here",
    do_zh="{do}",
    do_en="{do}",
)
