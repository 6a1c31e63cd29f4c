"""Faults of the ledger on PostgreSQL, and PostgreSQL's errors in these words.

What is no outage is a defect: data, constraint and syntax errors are not caught here, and leave the room as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hub.errors import Config, Fault, Retry, Unknown, define

AWAY: Final = define(
    "BH-LED-020",
    Retry,
    zh="连不上 PostgreSQL:{found}",
    en="PostgreSQL cannot be reached: {found}",
    do_zh="检查数据库是否运行、网络是否通;恢复后会自动继续",
    do_en="see whether the database runs and the network is up; work goes on by itself once it answers",
)
BUSY: Final = define(
    "BH-LED-021",
    Retry,
    zh="PostgreSQL 暂时不能写入:{found}",
    en="PostgreSQL cannot take the transaction just now: {found}",
    do_zh="检查磁盘空间、连接数和长时间未结束的事务",
    do_en="check disk space, the number of connections, and transactions that stay open long",
)
COLLIDED: Final = define(
    "BH-LED-022",
    Retry,
    zh="同一批数据与其他进程冲突 {tries} 次",
    en="a transaction met others {tries} times in a row",
    do_zh="不用处理,会自动重试;若经常出现,减少 worker 数量",
    do_en="nothing: it is tried again; if it happens often, run fewer workers",
)
WRONG_VERSION: Final = define(
    "BH-LED-023",
    Config,
    zh="PostgreSQL 版本 {found} 太旧,至少要 {needed}",
    en="PostgreSQL {found} is too old; {needed} or newer is needed",
    do_zh="升级数据库服务器",
    do_en="upgrade the database server",
)
NOT_MIGRATED: Final = define(
    "BH-LED-024",
    Config,
    zh="数据库结构版本是 {found},本程序需要 {needed}",
    en="the database has schema {found}, this program needs {needed}",
    do_zh="先运行 billhub migrate;如果迁移中断过,再运行一次",
    do_en="run billhub migrate first; if a migration was cut off, run it once more",
)
NO_RIGHTS: Final = define(
    "BH-LED-025",
    Config,
    zh="数据库不允许这个角色登录或操作:{found}",
    en="the database does not let this role in, or not do this: {found}",
    do_zh="检查用户名和密码文件,授予 billhub_worker、billhub_reader 或 billhub_door",
    do_en="check the user and its password file, and grant it billhub_worker, billhub_reader or billhub_door",
)
NO_DRIVER: Final = define(
    "BH-LED-026",
    Config,
    zh="没有安装 PostgreSQL 驱动",
    en="the PostgreSQL drivers are not installed",
    do_zh="安装: pip install billhub[cluster]",
    do_en="install them: pip install billhub[cluster]",
)
BAD_DSN: Final = define(
    "BH-LED-027",
    Config,
    zh="数据库地址读不懂",
    en="the database address cannot be read",
    do_zh="写成 postgresql://用户@主机:端口/数据库?passfile=文件",
    do_en="write postgresql://USER@HOST:PORT/DATABASE?passfile=FILE",
)
UNCONFIRMED: Final = define(
    "BH-LED-028",
    Retry,
    zh="提交已等 {seconds} 秒没有确认;PostgreSQL 可能在等待备库",
    en="a commit has not been confirmed for {seconds} s; PostgreSQL may be waiting for a standby",
    do_zh="检查 synchronous_standby_names 所列备库;备库恢复后会自动继续",
    do_en="look at the standby that synchronous_standby_names names; work goes on by itself once it is back",
)
ONLY_STANDBY: Final = define(
    "BH-LED-029",
    Retry,
    zh="没有一台 PostgreSQL 可写:都是只读备库",
    en="no PostgreSQL that was asked takes writes: it is a standby",
    do_zh="在 postgres.servers 里写上主库,或等待切换完成",
    do_en="name the primary under postgres.servers, or wait for the failover to end",
)
UNCOPIED: Final = define(
    "BH-LED-042",
    Unknown,
    zh="写入等待备库已 {seconds} 秒;它可能已在主库提交而没有副本",
    en="a write has waited {seconds} s for a standby; it may be committed on the primary, without its copy",
    do_zh="检查 synchronous_standby_names 所列备库;恢复后先看 (billhub books、billhub epoch show) 是否生效,没有再运行",
    do_en="look at the standby that synchronous_standby_names names; once it is back see whether this was done "
    "(billhub books, billhub epoch show), and run it again only if not",
)

_AGAIN: Final = frozenset({"40001", "40P01"})
"""Serialization failure, deadlock: the transaction met another one."""
_OUTDATED: Final = frozenset({"InvalidCachedStatementError", "OutdatedSchemaCacheError"})
"""What the driver knew of a statement is over, because a migration changed its tables."""
_TOO_LONG: Final = "57014"
"""A statement was cancelled, for it took too long."""
_REFUSES: Final = frozenset({"42501", "28000", "28P01", "3D000"})
"""No privilege, no login, wrong password, no such database."""
_AWAY: Final = ("08", "57")
"""Connection errors; operator intervention (shutting down, starting up, ended by an administrator)."""
_BUSY: Final = ("53", "55", "25", "40", "58")
"""No disk, memory or connections; locked; read-only (a standby); rolled back; the system's own errors."""


class Collision(Exception):  # noqa: N818  (it says what happened)
    """Another process was first: the transaction is rolled back and begins anew. Never leaves the room."""


def sqlstate_of(error: BaseException) -> str:
    """PostgreSQL's five letters for an error of either driver, empty where it came from no server."""
    return getattr(error, "sqlstate", None) or ""


def collided(error: BaseException) -> bool:
    """Whether the same transaction may succeed if it begins anew at once."""
    return isinstance(error, Collision) or sqlstate_of(error) in _AGAIN or type(error).__name__ in _OUTDATED


def read_only(error: BaseException) -> bool:
    """Whether the server is, or has become, a standby."""
    return sqlstate_of(error) == "25006"


@contextmanager
def postgres_faults() -> Iterator[None]:
    """PostgreSQL's and the drivers' errors in the hub's words, also where SQLAlchemy has wrapped them."""
    try:
        yield
    except (Fault, Collision):
        raise
    except Exception as error:
        fault = fault_of(getattr(error, "orig", None) or error)
        if fault is None:
            raise  # a defect of the program
        raise fault from error


def fault_of(error: BaseException) -> Fault | None:
    """What an error means, or None where it is a defect."""
    state = sqlstate_of(error)
    found = _told(error, state)
    if state in _REFUSES:
        return NO_RIGHTS(found=found)
    if state.startswith(_BUSY) or state == _TOO_LONG:
        return BUSY(found=found)
    if state.startswith(_AWAY):
        return AWAY(found=found)
    if state:
        return None
    if isinstance(error, (OSError, TimeoutError, asyncio.IncompleteReadError)):
        return AWAY(found=found)
    if (type(error).__module__, type(error).__name__) == ("sqlalchemy.exc", "TimeoutError"):
        return BUSY(found="all of this process's connections for reading are in use")
    if type(error).__module__.partition(".")[0] in {"asyncpg", "psycopg", "psycopg_pool"}:
        return _driver_fault(error, found)
    return None


def _driver_fault(error: BaseException, found: str) -> Fault | None:
    """Errors that a driver raises by itself: a lost connection, or a call that was wrong."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if "ClientConfigurationError" in names:
        return BAD_DSN()
    if "TargetServerAttributeNotMatched" in names:
        return ONLY_STANDBY()
    if names & {"DataError", "IntegrityError", "NotSupportedError", "ProgrammingError"}:
        return None
    return AWAY(found=found)


def _told(error: BaseException, state: str) -> str:
    """The first line of what the server said: it names tables and hosts, never a value of a row."""
    first = str(error).strip().partition("\n")[0][:200] or type(error).__name__
    return f"{first} ({state})" if state else first
