"""billhub read: what the hub sees in a message before any mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.options import At, Json, Set
from hub.cli.output import BAD, GOOD, end, faults_end, put_json

NAME: Final = "read"
HELP: Final = say(
    "查看系统在消息里读到的内容(未映射)。例: billhub read his/hl7v2 message.hl7",
    "Shows what the hub sees in a message, before any mapping. Example: billhub read his/hl7v2 message.hl7",
)


def command(
    adapter: Annotated[str, typer.Argument(metavar="ADAPTER", help="his/hl7v2, payment/alipay, …")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help=say("正文,或 .http 原始请求", "a body, or a raw .http request"))
    ],
    settings: Set = None,
    at: At = "",
    as_json: Json = True,
) -> None:
    """One JSON line a message; exit 1 where any is not ok."""
    del as_json  # there is no other form; the option is taken as everywhere
    from hub.cli.options import instant
    from hub.cli.reading import read_files, settings_of

    with faults_end():
        good = True
        for line in read_files(adapter, files, settings_of(settings or ()), instant(at), lang=LANG):
            good = good and line["ok"]
            put_json(line)
        end(GOOD if good else BAD)
