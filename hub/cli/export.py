"""billhub export: writes issued bills to files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, actor, reader, writer
from hub.cli.options import Config, Data, Json
from hub.cli.output import BAD, GOOD, complain, end, faults_end, put, put_json

NAME: Final = "export"
HELP: Final = say(
    "导出已开票据 (XML 原件)。例: billhub export --out bills/ --data data",
    "Writes issued bills, byte for byte. Example: billhub export --out bills/ --data data",
)


def command(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=say("输出目录", "the folder to write to"))],
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY")] = None,
    data: Data = DEFAULT_DATA,
    config: Config = None,
    form: Annotated[str, typer.Option("--as", help="xml")] = "xml",
    as_json: Json = False,
) -> None:
    """Exit 1 where a key was given and nothing was found. Exports hold persons: they are a row of the audit log."""
    if form != "xml":
        raise typer.BadParameter("xml", param_hint="--as")
    with faults_end():
        look = reader(data)
        out.mkdir(parents=True, exist_ok=True)
        written = 0
        for bill_id, code, number in look.issued(keys or ()):
            body = look.document(bill_id, form)
            if body is None:
                continue
            file = out / f"{code}-{number}.{form}"
            file.write_bytes(body)
            shown = {"file": str(file), "bill_code": code, "bill_number": number}
            put_json(shown) if as_json else put(str(file))
            written += 1
        if written:
            subject = " ".join(keys or ("*",))
            with writer(data, config) as do:
                do("audit", actor=actor(), action=f"bills.export.{form}", subject=subject, reason=str(out))
        complain(say(f"导出 {written} 张", f"{written} bills written"))
        end(BAD if keys and not written else GOOD)
