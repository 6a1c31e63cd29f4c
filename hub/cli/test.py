"""billhub test: runs the tests beside the mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.options import Json
from hub.cli.output import BAD, GOOD, complain, end, faults_end, put, put_json

NAME: Final = "test"
HELP: Final = say(
    "运行映射旁边的测试。例: billhub test mappings/ --coverage",
    "Runs the tests beside mappings. Example: billhub test mappings/ --coverage",
)


def command(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH")] = None,
    update: Annotated[
        bool, typer.Option("--update", help=say("把结果写成期望值", "write what is made as expected"))
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage", help=say("列出没有样本用到的规则和字段", "name rules and fields no sample exercised")
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Exit 1 where a test fails, or there is none."""
    from hub.cli.testing import run_tests

    with faults_end():
        run = run_tests(paths or (), update, coverage)
        for finding in run.findings:
            put_json(finding.json(LANG)) if as_json else put(finding.text(LANG))
        for line in run.lines(LANG):
            if as_json:
                put_json(line)
            elif "coverage" in line:
                put(str(line["coverage"]))
            elif not line["ok"]:
                put(f"✗ {line.get('at', '')} {line.get('case', '')} {line.get('difference', line.get('error', ''))}")
        passed = sum(result.ok for result in run.results)
        complain(say(f"{passed}/{len(run.results)} 个用例通过", f"{passed} of {len(run.results)} cases passed"))
        end(GOOD if run.ok else BAD)
