"""billhub demo: the main job, with everybody around it simulated."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hub.cli.language import say
from hub.cli.options import Json
from hub.cli.output import BAD, GOOD, MISSING, complain, end, faults_end, put, put_json

NAME: Final = "demo"
HELP: Final = say(
    "演示:模拟医院、学校、支付宝、银联、财政平台和保险公司。例: billhub demo --once --bills 200",
    "The demonstration: hub, hospital, school, Alipay, UnionPay, platform, insurer. Example: billhub demo --once --bills 200",
)


def command(
    once: Annotated[bool, typer.Option("--once", help=say("做完即结束", "end when all is done"))] = False,
    bills: Annotated[int, typer.Option(min=1, max=100_000, help=say("收费笔数", "how many charges"))] = 200,
    port: Annotated[int, typer.Option(min=0, max=65535, help=say("HTTP 端口", "the HTTP port"))] = 8080,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help=say("保存配置、密钥和数据的目录", "keeps units, keys and data")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Exit 0 only if every expectation held."""
    import asyncio

    from hub.demo.show import HubNotReady, Wish, show

    bar = _Bar(bills) if sys.stderr.isatty() else None
    wish = Wish(
        bills=bills,
        port=0 if once and port == 8080 else port,
        folder=folder,
        once=once,
        say=lambda url: complain(say(f"路由台: {url} (Ctrl-C 结束)", f"Console: {url} (Ctrl-C ends)")),
        tick=bar.tick if bar else lambda: None,
    )
    with faults_end():
        try:
            report = asyncio.run(show(wish))
        except KeyboardInterrupt:
            end(GOOD)
        except HubNotReady as error:
            complain(str(error))
            end(MISSING)
        put_json(report) if as_json else _print(report)
        end(GOOD if report["ok"] else BAD)


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
            f"{report['charges']} charges, {report['payments']} payments, {report['issued']} bills, {report['seconds']} s",
        )
    )
    for entry in report["expectations"]:
        put(f"{'✓' if entry['ok'] else '✗'} {entry['what']} {entry.get('found', '')}".rstrip())
