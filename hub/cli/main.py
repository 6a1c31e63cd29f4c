"""Puts the verbs together. Each verb's file imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from hub.cli import (
    backup,
    bills,
    books,
    check,
    demo,
    drill,
    epoch,
    explain,
    export,
    keys,
    migrate,
    move,
    numbers,
    parked,
    read,
    release,
    restore,
    run,
    test,
    units,
    verify,
)
from hub.cli.language import lang_first, say, verb_named

APP: Final = typer.Typer(
    name="billhub",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=say(
        "Billhub 即开:缴费到账,财政电子票据自动开出。",
        "Billhub: a payment becomes a fiscal electronic bill by itself.",
    ),
)


@APP.callback()
def _options(
    lang: Annotated[str, typer.Option("--lang", help=say("语言: zh 或 en", "language: zh or en"))] = "",
) -> None:
    if lang not in {"", "zh", "en"}:
        raise typer.BadParameter("zh | en", param_hint="--lang")


for verb in (
    run,
    demo,
    check,
    read,
    explain,
    test,
    bills,
    release,
    export,
    verify,
    books,
    migrate,
    move,
    backup,
    restore,
    drill,
):
    APP.command(verb.NAME, help=verb.HELP)(verb.command)
for group in (parked, numbers, units, keys, epoch):
    APP.add_typer(group.GROUP, name=group.NAME, help=group.HELP)


USUAL: Final = {"parked": "list", "numbers": "stock", "units": "list", "epoch": "show"}
"""What a group does when no verb of it is named."""


def main() -> None:
    """The `billhub` command."""
    APP(args=verb_named(lang_first(sys.argv[1:]), USUAL))
