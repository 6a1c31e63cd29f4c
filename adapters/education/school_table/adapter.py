"""Fee tables of a school: each row is a message of its own, so that one bad row stops nothing but itself.

A row's identity is made of the school's own ids and not of the file, so that the same row in tomorrow's export is the
same message; its fingerprint leaves out line numbers and the order of columns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import orjson

from adapters.education.school_table.columns import AMOUNTS, LINE_NUMBERS, aliases, plain
from adapters.education.school_table.row import fee_name, project
from adapters.education.school_table.upload import file_of
from adapters.education.school_table.wire import Row, read_rows
from hub.adapter import Answer, Delivery, Message, Outcome, Settings
from hub.errors import Fault, Retry

MAX_FAULTS: Final = 1000
"""Faults told one by one; more are only counted."""

OWN: Final = frozenset({"收退", "行号", "学校代码", "费用编号", "缴费笔号", "原缴费笔号"})
"""What the adapter adds to a tree: no part of the row's content."""


def connect(settings: Settings) -> SchoolTable:
    """The source of one school.

    Raises:
        Config: a wrong entry in `headings`.
    """
    return SchoolTable(str(settings["school"]), str(settings["amounts"]), aliases(settings.get("headings") or ()))


class SchoolTable:
    """Reads CSV and Excel files, and answers with a summary of what became of each row."""

    def __init__(self, school: str, amounts: str, known: Mapping[str, str]) -> None:
        self.school = school
        self.amounts = amounts
        self.known = known

    def read(self, delivery: Delivery) -> Sequence[Message]:
        """One message a row."""
        body = file_of(delivery.body, delivery.headers)
        return [self._message(index, row) for index, row in enumerate(read_rows(body, self.known, self.amounts))]

    def answer(
        self,
        delivery: Delivery,  # noqa: ARG002 (the port's shape; a summary needs no request)
        results: Sequence[tuple[Message, Outcome]],
        fault: Fault | None = None,
    ) -> Answer:
        """JSON {rows, applied, duplicate, parked, refused, faults}; with `error` where the file as a whole failed."""
        counts = dict.fromkeys(("applied", "duplicate", "parked", "refused"), 0)
        faults = []
        for message, outcome in results:
            counts[outcome.place] += 1
            wrong = outcome.fault or message.fault
            if wrong is not None:
                faults.append(_told(message, wrong))
        shown: dict[str, object] = {"rows": len(results), **counts, "faults": faults[:MAX_FAULTS]}
        if len(faults) > MAX_FAULTS:
            shown["more_faults"] = len(faults) - MAX_FAULTS
        status = 200
        if fault is not None:
            shown["error"] = fault.json("zh")
            status = 503 if isinstance(fault, Retry) else 422
        body = orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        return Answer(body, status, "application/json; charset=utf-8")

    def _message(self, index: int, row: Row) -> Message:
        raw = json.dumps(row.cells, ensure_ascii=False).encode("utf-8", "replace")
        if row.tree is None:
            digest = hashlib.sha256(raw).digest()
            identity = f"{self.school}/row/{digest.hex()[:32]}"
            return Message(index, raw, identity, digest, "row", row.charset, None, (), row.fault)
        tree = {**row.tree, "行号": str(row.number), "学校代码": self.school}
        return Message(index, raw, self._identity(row.tree), self._fingerprint(row.tree), "row", row.charset, tree)

    def _identity(self, tree: Mapping[str, str]) -> str:
        named = f"{tree['流水号']}/{project(tree)}" if tree.get("流水号") else fee_name(tree)
        return f"{self.school}/{named}"

    def _fingerprint(self, tree: Mapping[str, str]) -> bytes:
        content: dict[str, str] = {}
        for name, text in tree.items():
            bare = plain(name)
            if name in OWN or bare in LINE_NUMBERS or self.known.get(bare, name) != name:
                continue  # ours, a line number, or another name of a column that is here under its standard one
            content[name] = f"{Decimal(text).normalize():f}" if name in AMOUNTS else text
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).digest()


def _told(message: Message, fault: Fault) -> dict[str, object]:
    row = fault.values.get("row") or (message.tree or {}).get("行号") or message.index + 1
    told: dict[str, object] = {"row": int(str(row)), "code": fault.code.code, "what": fault.what("zh")}
    column = fault.values.get("column")
    if column:
        told["column"] = str(column)
    return told
