"""billhub explain: the events a mapping makes of a message, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import LANG, say
from hub.cli.options import At, Json, Set
from hub.cli.output import BAD, GOOD, end, faults_end, put_json

NAME: Final = "explain"
HELP: Final = say(
    "查看映射把消息翻译成什么、为什么。例: billhub explain his/hl7v2/dft-p03 message.hl7 --why",
    "Shows what a mapping makes of a message, and why. Example: billhub explain his/hl7v2/dft-p03 message.hl7 --why",
)


def command(
    mapping: Annotated[str, typer.Argument(metavar="MAPPING", help=say("映射名或文件", "a mapping's name or file"))],
    samples: Annotated[list[Path], typer.Argument(metavar="SAMPLE")],
    why: Annotated[bool, typer.Option("--why", help=say("逐字段说明", "field by field"))] = False,
    settings: Set = None,
    at: At = "",
    as_json: Json = True,
    adapter: Annotated[
        str, typer.Option(help=say("适配器(默认由映射名得出)", "the adapter, where the name does not say it"))
    ] = "",
) -> None:
    """One JSON line a message; exit 1 where any is not ok."""
    del as_json  # there is no other form; the option is taken as everywhere
    from hub.cli.explaining import explain_files
    from hub.cli.options import instant
    from hub.cli.reading import settings_of

    with faults_end():
        good = True
        given = settings_of(settings or ())
        for line in explain_files(mapping, samples, given, instant(at), why, adapter_name=adapter, lang=LANG):
            good = good and line["ok"]
            put_json(line)
        end(GOOD if good else BAD)
