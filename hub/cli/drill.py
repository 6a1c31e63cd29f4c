"""billhub drill: a cluster on this machine, under load, and something dies; the verdict is judged from outside."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from hub.cli.faults import NO_DRILLS
from hub.cli.language import say
from hub.cli.options import Json
from hub.cli.output import BAD, GOOD, complain, end, faults_end, put, put_json

NAME: Final = "drill"
HELP: Final = say(
    "演练:在本机的 Kafka 和 PostgreSQL 集群上制造故障并裁决。例: billhub drill kill-worker --short",
    "Plays a drill: a cluster under load, something dies, a verdict. Example: billhub drill kill-worker --short",
)


def command(
    name: Annotated[str, typer.Argument(metavar="NAME|list", help=say("演练名称", "which drill"))] = "list",
    short: Annotated[bool, typer.Option("--short", help=say("短形式", "the short form"))] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help=say("保留数据和日志的目录", "keeps data and logs there")),
    ] = None,
    jars: Annotated[
        Path, typer.Option(metavar="DIR", help=say("Kafka 的 jar 所在目录", "where Kafka's jars are kept"))
    ] = Path(".jars"),
    as_json: Json = False,
) -> None:
    """Exit 0 where everything held, 1 where something did not, 3 where this machine cannot play it."""
    with faults_end():
        drills = _drills()
        if name == "list":
            _list(drills, jars, as_json)
            end(GOOD)
        if name not in drills.catalogue():
            raise typer.BadParameter(", ".join(drills.catalogue()), param_hint="NAME")
        drill = drills.catalogue()[name]
        drills.check(drill.needs, jars)
        with tempfile.TemporaryDirectory(prefix="billhub-drill-") as own:
            report = drills.run(drill, folder or Path(own), jars, short=short, tell=complain).json()
        put_json(report) if as_json else _print(report)
        end(GOOD if report["ok"] else BAD)


def _drills() -> Any:
    """The package, which may not be installed; nothing of the hub needs it."""
    try:
        return importlib.import_module("drills.all")
    except ImportError as error:
        raise NO_DRILLS(name=error.name or "drills") from error


def _list(drills: Any, jars: Path, as_json: bool) -> None:
    for drill in drills.catalogue().values():
        lacks = drills.missing(drill.needs, jars)
        if as_json:
            put_json({"drill": drill.name, "what": say(drill.zh, drill.en), "lacks": lacks})
        else:
            put(f"{drill.name:20} {say(drill.zh, drill.en)}{f'  ✗ {lacks}' if lacks else ''}")


def _print(report: dict[str, Any]) -> None:
    for what, found in report["counted"].items():
        put(f"{what.replace('_', ' '):28} {found}")
    for one in report["expectations"]:
        put(f"{'✓' if one['ok'] else '✗'} {one['what']} {one.get('found', '')}".rstrip())
    verdict = say("通过", "passed") if report["ok"] else say("未通过", "FAILED")
    put(f"{report['drill']} ({report['form']}, {report['seconds']} s): {verdict}")
