"""billhub books: whether everything adds up."""

from __future__ import annotations

from typing import Final

from hub.cli.language import say
from hub.cli.opened import DEFAULT_DATA, reader
from hub.cli.options import Config, Data, InRegion, Json
from hub.cli.output import BAD, GOOD, end, faults_end, put, put_json
from hub.cli.tenants import area

NAME: Final = "books"
NUMBERS: Final = ("used", "void", "reserved", "leased", "quarantined", "free")
HELP: Final = say(
    "核对账目:消息、票据、号码是否平衡。例: billhub books --data data",
    "Whether messages, bills and numbers add up. Example: billhub books --data data",
)


def command(data: Data = DEFAULT_DATA, config: Config = None, region: InRegion = "", as_json: Json = False) -> None:
    """Exit 1 where the books do not balance."""
    with faults_end():
        books = reader(data).books(area(region, data, config))
        if as_json:
            put_json(books)
        else:
            for book in books["sources"]:
                counts = "  ".join(
                    f"{name} {book[name]}" for name in ("received", "applied", "duplicate", "parked", "refused")
                )
                put(f"{book['source']:<32} {counts}  {_mark(book['balanced'])}")
            put("  ".join(f"{status} {count}" for status, count in sorted(books["bills"].items())) or "-")
            for book in books["numbers"]:
                counts = "  ".join(f"{name} {book[name]}" for name in NUMBERS)
                put(f"{book['code']} {book['from']}-{book['to']}  {counts}  {_mark(book['balanced'])}")
            for book in books["stock"]:
                counts = "  ".join(f"{name} {book[name]}" for name in ("handed_down", "quarantined", "free"))
                put(f"{book['region']} {book['code']} {book['from']}-{book['to']}  {counts}  {_mark(book['balanced'])}")
            put(say("平衡", "balanced") if books["balanced"] else say("不平衡", "NOT BALANCED"))
        end(GOOD if books["balanced"] else BAD)


def _mark(balanced: bool) -> str:
    return "✓" if balanced else "✗"
