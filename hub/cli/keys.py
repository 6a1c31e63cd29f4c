"""billhub keys: signing keys for trying out, and API keys for insurers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.cli.language import say
from hub.cli.options import Json
from hub.cli.output import GOOD, MISSING, complain, end, faults_end, put, put_json

NAME: Final = "keys"
HELP: Final = say("签名密钥与接口密钥。", "Signing keys and API keys.")
GROUP: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@GROUP.callback()
def _keys() -> None:
    """A group even with few verbs."""


@GROUP.command(
    "new",
    help=say(
        "生成一对 SM2 试用密钥和证书。例: billhub keys new units/keys --name 示例人民医院 --trust data/trust",
        "Makes an SM2 key and certificate for trying out. Example: "
        "billhub keys new units/keys --name 'Example Hospital' --trust data/trust",
    ),
)
def new(
    folder: Annotated[Path, typer.Argument(help=say("密钥目录", "the key folder"))],
    name: Annotated[str, typer.Option(help=say("证书上的名称", "the name on the certificate"))] = "Billhub",
    trust: Annotated[
        Path | None, typer.Option(help=say("同时把签发证书放进此信任目录", "also put the issuing certificate here"))
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help=say("有效天数", "days it is valid"))] = 365,
    as_json: Json = False,
) -> None:
    """Never overwrites a key. Real units use a certificate from their authority."""
    from hub.security.authority import new_authority
    from hub.security.pem import write_key
    from hub.security.sm2_choice import best

    with faults_end():
        if (folder / "unit.key").exists():
            complain(say(f"{folder} 里已有密钥", f"there is a key in {folder} already"))
            end(MISSING)
        now = datetime.now(UTC)
        authority = new_authority(f"{name} CA", now - timedelta(days=1), now + timedelta(days=days + 1))
        key = best().generate()
        certificate = authority.issue(key.public, name, now - timedelta(hours=1), now + timedelta(days=days))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_key(folder / "unit.key", key)
        (folder / "unit.pem").write_bytes(certificate.pem)
        (folder / "ca.pem").write_bytes(authority.certificate.pem)
        if trust is not None:
            trust.mkdir(parents=True, exist_ok=True)
            (trust / f"{certificate.der.hex()[-16:]}-ca.pem").write_bytes(authority.certificate.pem)
        made = {"certificate": str(folder / "unit.pem"), "key": str(folder / "unit.key"), "ca": str(folder / "ca.pem")}
        put_json(made) if as_json else put(made["certificate"])
        end(GOOD)


@GROUP.command(
    "insurer",
    help=say(
        "为保险公司生成接口密钥,打印一次。例: billhub keys insurer demo-life --out units/keys",
        "Makes an insurer's API key, printed once. Example: billhub keys insurer demo-life --out units/keys",
    ),
)
def insurer(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help=say("单位 YAML 里的保险公司编号", "the insurer's id in the YAML"))
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help=say("保存散列的目录", "where its hash is kept"))],
    as_json: Json = False,
) -> None:
    """Only a salted hash is kept, as DIR/insurer-ID.json."""
    from hub.api.access import write_key as keep
    from hub.security.tokens import new_key

    with faults_end():
        text, stored = new_key(id_, ("bills:read", "bills:claim"))
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        keep(out, stored)
        put_json({"id": id_, "key": text}) if as_json else put(text)
        end(GOOD)
