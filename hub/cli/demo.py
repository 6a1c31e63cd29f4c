"""billhub demo: the main job, with everybody around it simulated."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.options import Json
from hub.cli.output import BAD, GOOD, MISSING, complain, end, faults_end, put, put_json

if TYPE_CHECKING:
    from hub.demo.show import Running

DEFAULT_PORT: Final = 8080
NAME: Final = "demo"
HELP: Final = say(
    "演示:模拟医院、学校、支付宝、银联、财政平台和保险公司。例: billhub demo --once --bills 200",
    "Shows it at work: hospital, school, Alipay, UnionPay, platform, insurer. Example: billhub demo --once --bills 200",
)


def command(
    once: Annotated[bool, typer.Option("--once", help=say("做完即结束", "end when all is done"))] = False,
    bills: Annotated[int, typer.Option(min=1, max=100_000, help=say("收费笔数", "how many charges"))] = 200,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help=say("HTTP 端口 (默认 8080;--once 时任意)", "the HTTP port (8080; any with --once)")
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help=say("保存配置、密钥和数据的目录", "keeps units, keys and data")),
    ] = None,
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster",
            help=say("用本机的 Kafka 和 PostgreSQL 运行集群", "a cluster, on a Kafka and a PostgreSQL of its own"),
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Exit 0 only if every expectation held; Ctrl-C ends a demonstration that goes on."""
    import asyncio

    from hub.cli.faults import NOT_STARTED
    from hub.demo.show import HubNotReady, Wish, show

    bar = _Bar(bills) if sys.stderr.isatty() else None
    put_report = put_json if as_json else _print
    wish = Wish(
        bills=bills,
        port=port if port is not None else 0 if once else DEFAULT_PORT,
        folder=folder,
        once=once,
        cluster=cluster,
        lang=LANG,
        say=_say_running,
        tick=bar.tick if bar else lambda: None,
        told=put_report,
    )
    with faults_end():
        try:
            report = asyncio.run(_until_ended(show(wish)))
        except (KeyboardInterrupt, asyncio.CancelledError):
            end(GOOD)
        except HubNotReady as error:
            said = str(error)
            if said.startswith("billhub: "):
                complain(said)
                end(MISSING)
            raise NOT_STARTED(reason=said) from None
        put_report(report)
        end(GOOD if report["ok"] else BAD)


async def _until_ended(showing: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """SIGTERM ends it as Ctrl-C does, so that the hub is not left behind."""
    import asyncio
    import signal

    task = asyncio.get_running_loop().create_task(showing)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _say_running(running: Running) -> None:
    complain(say(f"路由台: {running.console}", f"Console: {running.console}"))
    if running.kept:
        complain(say(f"单位配置: {running.units}", f"Units: {running.units}"))
        complain(say(f"保险公司密钥: {running.insurer_key}", f"The insurer's key: {running.insurer_key}"))
    complain(say("Ctrl-C 结束", "Ctrl-C ends"))


class _Bar:
    """A progress bar for a terminal."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def tick(self) -> None:
        self._done += 1
        width = 30 * self._done // self._total
        sys.stderr.write(f"\r[{'█' * width}{' ' * (30 - width)}] {self._done}/{self._total}")
        if self._done >= self._total:
            sys.stderr.write("\n")
        sys.stderr.flush()


def _print(report: dict[str, Any]) -> None:
    put(
        say(
            f"收费 {report['charges']},付款 {report['payments']},开票 {report['issued']},用时 {report['seconds']} 秒",
            f"{report['charges']} charges, {report['payments']} payments, "
            f"{report['issued']} bills, {report['seconds']} s",
        )
    )
    for entry in report["expectations"]:
        put(f"{'✓' if entry['ok'] else '✗'} {entry['what']} {entry.get('found', '')}".rstrip())
