"""billhub check: lints units and mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.options import Json
from hub.cli.output import BAD, GOOD, USAGE, complain, end, faults_end, put, put_json

NAME: Final = "check"
HELP: Final = say(
    "检查单位 YAML 和映射 YAML。例: billhub check units/ mappings/",
    "Lints units and mappings. Example: billhub check units/ mappings/",
)


def command(
    paths: Annotated[list[Path] | None, typer.Argument(help=say("文件或目录", "files or folders"))] = None,
    as_json: Json = False,
) -> None:
    """Exit 1 where a finding is an error."""
    from hub.cli.checking import check_paths

    with faults_end():
        given = paths or [Path()]
        missing = [path for path in given if not path.exists()]
        if missing:
            complain(f"billhub check: {missing[0]}: {say('没有这个文件', 'no such file')}")
            end(USAGE)
        checked, findings = check_paths(given)
        for finding in findings:
            put_json(finding.json(LANG)) if as_json else put(finding.text(LANG))
        errors = sum(finding.level == "error" for finding in findings)
        complain(say(f"检查了 {checked} 个文件,{errors} 处错误", f"{checked} files checked, {errors} errors"))
        end(BAD if errors else GOOD)
