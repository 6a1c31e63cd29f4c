"""billhub epoch: what a restore opened, and its release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hub.cli.backing import STAGES, Place, place_of, read_back
from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor, reader, writer
from hub.cli.options import Config, Data, Json
from hub.cli.output import GOOD, end, faults_end, put, put_json
from hub.cli.progress import Bar

if TYPE_CHECKING:
    from hub.ledger.epochs.desk import Desk
    from hub.ledger.reader import Reader

NAME: Final = "epoch"
HELP: Final = say("纪元:恢复之后的放行。", "Epochs: the release after a restore.")
GROUP: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@GROUP.command(
    "show", help=say("各纪元及其步骤。例: billhub epoch show", "Epochs and their steps. Example: billhub epoch show")
)
def show(data: Data = DEFAULT_DATA, config: Config = None, as_json: Json = False) -> None:
    """The newest first; a hub that was never restored has none but the first."""
    del config
    with faults_end():
        look = reader(data)
        epochs = look.epochs() or [{"number": 1, "state": "open"}]
        if epochs[0]["state"] == "held":
            epochs[0]["waiting"] = [f"{code}-{number}" for _unit, code, number, _xml in look.finds()]
        for one in epochs:
            if as_json:
                put_json(one)
                continue
            put(f"{one['number']}  {one['state']}  {one.get('opened_at', '')}  {one.get('source', '')}".rstrip())
            for name, done in one.get("steps", {}).items():
                put(f"  {name:<10} " + "  ".join(f"{key} {value}" for key, value in done.items()))
            if one.get("waiting"):
                put(
                    f"  {say('平台上尚无对应业务', 'at the platform, without a case here')}: "
                    + " ".join(one["waiting"])
                )
        end(GOOD)


@GROUP.command(
    "resume",
    help=say(
        "恢复完成、各方重发之后放行开票。例: billhub epoch resume --data data -c units",
        "Lets bills be issued again, once senders have repeated. Example: billhub epoch resume --data data -c units",
    ),
)
def resume(
    config: Annotated[
        Path, typer.Option("-c", "--config", metavar="PATH", help=say("单位 YAML 或其目录", "the units' YAML"))
    ],
    data: Data = DEFAULT_DATA,
    leave_unmatched: Annotated[
        str,
        typer.Option(
            metavar="REASON",
            help=say("平台上的票据无法补齐业务,仍然放行", "go on although bills of the platform have no case here"),
        ),
    ] = "",
    all_numbers: Annotated[
        bool,
        typer.Option(
            "--all-numbers", help=say("所有隔离号码都不再使用", "keep every quarantined number back for good")
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Through the running hub where there is one. Bills the platform has take their numbers first."""
    with faults_end():
        taken = 0
        with writer(data, config) as do:
            while bills := _matched(reader(data), data, config):  # one that is taken may make its red bill due
                taken += do("epoch.take", bills=bills, actor=actor())
            done = do("epoch.resume", leave_unmatched=leave_unmatched, all_numbers=all_numbers, actor=actor())
        shown: dict[str, Any] = {**done, "taken": taken}
        if as_json:
            put_json(shown)
        else:
            put(
                say(
                    f"第 {shown['epoch']} 纪元已放行;平台找回 {taken} 张,{shown['freed']} 个号码重新可用",
                    f"epoch {shown['epoch']} is open; bills of the platform {taken}, numbers free {shown['freed']}",
                )
            )
        end(GOOD)


@GROUP.command(
    "open",
    help=say(
        "数据库用别的办法退回到从前之后(快照、基础备份与 WAL),在启动系统之前开新纪元;"
        "给出 -c 时读回存档与财政平台的票据。"
        "例: billhub epoch open --reason 快照回退 --data data -c units",
        "Opens an epoch by hand, before a hub starts on data that went back in time by other means (a snapshot, a base "
        "backup with WAL); with -c it reads back what archive and platforms have. "
        'Example: billhub epoch open --reason "snapshot of Monday" --data data -c units',
    ),
)
def open_(
    reason: Annotated[str, typer.Option(metavar="TEXT", help=say("怎样退回的", "how it went back"))],
    data: Data = DEFAULT_DATA,
    archive: Annotated[
        Path | None, typer.Option(metavar="DIR", help=say("票据存档目录", "the archive of signed bills"))
    ] = None,
    no_platform: Annotated[
        str, typer.Option(metavar="REASON", help=say("不能查询财政平台", "the platforms cannot be asked"))
    ] = "",
    no_kafka: Annotated[
        bool, typer.Option("--no-kafka", help=say("集群: Kafka 已丢失", "cluster: Kafka is lost"))
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """No hub may run on the data. A cluster's workers are set back to the first message Kafka has.

    Cut off, it goes on when it is run again with the same words.
    """
    import asyncio

    from hub.engine.embedded.home import Home
    from hub.ledger.epochs.desk import postgres_desk, sqlite_desk
    from hub.ledger.lock import FolderLock
    from hub.ledger.sqlite_file import FILE

    with faults_end():
        place = place_of(data)
        if place.hub is not None:
            if not no_kafka:
                from hub.engine.cluster.offsets import set_back

                asyncio.run(set_back(place.hub, None))
            number = _opened(postgres_desk(place.hub.dsn()), reason, place, config, archive, no_platform)
        else:
            lock = FolderLock(Home(data).existing().folder)
            try:
                number = _opened(sqlite_desk(data / FILE), reason, place, config, archive, no_platform)
            finally:
                lock.release()
        put_json({"epoch": number}) if as_json else put(say(f"第 {number} 纪元,暂停开票", f"epoch {number}, held"))
        end(GOOD)


def _opened(desk: Desk, reason: str, place: Place, config: Path | None, archive: Path | None, no_platform: str) -> int:
    """Opens it, unless that is done already and only what follows is not; returns its number."""
    from datetime import UTC, datetime

    from hub.config import load_units
    from hub.engine.epochs import carry_out
    from hub.ledger.epochs.opening import held
    from hub.processes.restoring import Restoring

    with desk.open() as look:
        begun = held(look)
    args = {"source": reason, "actor": actor(), "restore": config is not None}
    same = begun is not None and begun["source"] == reason  # nothing was numbered since
    number = int(begun["number"] if begun and same else carry_out(desk, "epoch.open", args, datetime.now(UTC), {}))
    if config is not None and not (begun and same and "finished" in begun["steps"]):
        units = load_units(config)
        store = place.archive(archive)
        work = Restoring(desk, place.keys()[0], units, actor(), Bar(STAGES))
        no_archive = "" if store is not None else say("没有存档", "there is none")
        read_back(work, place, store, None, {"archive": no_archive, "platform": no_platform})
        work.finished("finished", {"units": len(units)})
    return number


def _matched(look: Reader, data: Path, config: Path) -> bytes:
    """Due bills that the platform has already, packed; empty where there are none."""
    from datetime import UTC, datetime
    from random import SystemRandom

    import msgspec

    from hub.config import load_units
    from hub.issuing.local import LocalIssuer
    from hub.issuing.units import units_issuing
    from hub.processes.restoring import matched

    if not config.exists():
        raise FileNotFoundError(2, "", str(config))
    if not look.finds():
        return b""
    vault, _keys = place_of(data).keys()
    issuer = LocalIssuer(units_issuing(load_units(config)), vault, SystemRandom(), lambda: datetime.now(UTC))
    found = matched(look, issuer)
    return msgspec.msgpack.encode(found) if found else b""
