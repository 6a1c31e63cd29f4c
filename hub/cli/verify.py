"""billhub verify: checks bills by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.opened import DEFAULT_DATA
from hub.cli.options import Config, Data, Json
from hub.cli.output import BAD, GOOD, end, faults_end, put, put_json

NAME: Final = "verify"
HELP: Final = say(
    "验证票据:字节、签名、证书链、金额。例: billhub verify bill.xml --trust data/trust",
    "Checks bills: bytes, signatures, certificate chains, sums. Example: billhub verify bill.xml --trust data/trust",
)


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE")],
    trust: Annotated[
        Path | None, typer.Option("--trust", metavar="DIR", help=say("信任目录", "the trust folder"))
    ] = None,
    data: Data = DEFAULT_DATA,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Exit 1 where any bill is not good."""
    del config  # taken by every verb that looks at a hub; this one reads the trust folder only
    from hub.cli.verifying import verify_files

    with faults_end():
        for missing in (file for file in files if not file.exists()):
            raise FileNotFoundError(2, "", str(missing))
        good = True
        for line in verify_files(files, trust or data / "trust", LANG):
            good = good and line["ok"]
            if as_json:
                put_json(line)
            else:
                wrong = "; ".join(
                    f"{check['what']}: {check.get('detail', '')}" for check in line["checks"] if not check["ok"]
                )
                mark = "✓" if line["ok"] else "✗"
                put(f"{mark} {line['file']} {line['bill_code']}-{line['bill_number']} {wrong}".rstrip())
        end(GOOD if good else BAD)
