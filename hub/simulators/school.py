"""Plays a school's fee system: writes fee tables into a folder, whole or not at all, or uploads them by HTTP.

It shares no code with the adapter. Students are made up; the seed fixes them, so that the same table can be sent again.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import random
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import openpyxl

Encoding = Literal["utf-8", "utf-8-sig", "gb18030"]
Misbehave = Literal["", "wrong_total", "scientific_id", "formula", "no_student_no", "half"]

COLUMNS = [
    *("序号", "学号", "姓名", "身份证号", "学院", "专业", "年级", "班级", "学年", "学期", "收费项目代码", "收费项目"),
    *("应收", "减免", "实收", "缴费方式", "流水号", "缴费时间"),
]
PROJECTS = (("0101", "学费", 500_000), ("0102", "住宿费", 120_000), ("0901", "教材费", 36_050))
"""Code, name and fen; the last is 代收费."""


@dataclass
class School:
    """One school. `misbehave` spoils every table it makes."""

    seed: int = 1
    misbehave: Misbehave = ""
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  (made-up students, nothing secret)

    def rows(
        self, students: int, *, paid: bool = True, projects: int = 3, at: datetime | None = None
    ) -> list[list[str]]:
        """Fee rows: every student owes each project, and has paid it or not."""
        at = at or datetime(2026, 9, 1, 8, 0, 0)  # noqa: DTZ001  (written without a zone, as schools write it)
        made: list[list[str]] = []
        for student in range(1, students + 1):
            number = f"00{self.seed % 100:02d}26{student:05d}"
            person = [number, f"测试{self.dice.choice('甲乙丙丁戊己庚辛')}{student}", citizen_number(self.dice)]
            place = ["示例学院", "软件工程", "2026", f"{student // 40 + 1}班", "2026-2027", "1"]
            for code, name, owed in PROJECTS[:projects]:
                waived = 50_000 if code == "0101" and self.dice.random() < 0.2 else 0
                when = at + timedelta(seconds=self.dice.randint(0, 36_000))
                money = ["", "", "", ""]
                if paid:
                    way = self.dice.choice(("微信", "支付宝", "银行卡"))
                    money = [yuan(owed - waived), way, f"LS{number}{code}", f"{when:%Y-%m-%d %H:%M:%S}"]
                amounts = [yuan(owed), yuan(waived) if waived else ""]
                made.append([str(len(made) + 1), *person, *place, code, name, *amounts, *money])
        return self._spoilt(made)

    def table(self, rows: list[list[str]]) -> list[list[str]]:
        """The rows under a title and headings, with a 合计 row below."""
        total = sum(_fen(row[14]) for row in rows) + (1 if self.misbehave == "wrong_total" else 0)
        last = ["合计", *[""] * 11, yuan(sum(_fen(row[12]) for row in rows)), "", yuan(total), "", "", ""]
        title = ["示例大学 2026-2027 学年收费明细表", *[""] * (len(COLUMNS) - 1)]
        return [title, list(COLUMNS), *rows, last]

    def csv(self, rows: list[list[str]], encoding: Encoding = "utf-8", delimiter: str = ",") -> bytes:
        """The table as CSV."""
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter).writerows(self.table(rows))
        return out.getvalue().encode(encoding)

    def xlsx(self, rows: list[list[str]]) -> bytes:
        """The table as XLSX, with a merged title; ids as text, amounts as numbers."""
        book = openpyxl.Workbook()
        sheet: Any = book.active
        for index, row in enumerate(self.table(rows)):
            sheet.append([_cell(column, text) if index > 1 else text for column, text in enumerate(row)])
            for column, text in enumerate(row, 1):
                if text.startswith("="):  # text that looks like a formula, as an export writes it
                    sheet.cell(index + 1, column).data_type = "s"
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(COLUMNS))
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def drop(self, folder: Path, name: str, content: bytes) -> Path:
        """Puts a file into a folder in one step; with misbehave `half`, only its first half, under its final name."""
        if self.misbehave == "half":
            content = content[: len(content) // 2]
        hidden = folder / f".{name}.part"
        hidden.write_bytes(content)
        return hidden.rename(folder / name)

    async def upload(self, url: str, name: str, content: bytes, *, form: bool = False) -> dict[str, Any]:
        """Sends a file by HTTP, as the body or as a form's file; the summary it is answered with."""
        if self.misbehave == "half":
            content = content[: len(content) // 2]
        async with httpx.AsyncClient(timeout=90, trust_env=False) as client:
            if form:
                answer = await client.post(url, files={"file": (name, content)})
            else:
                kind = "text/csv" if name.endswith(".csv") else "application/octet-stream"
                answer = await client.post(url, params={"name": name}, content=content, headers={"content-type": kind})
        summary: dict[str, Any] = answer.json()
        return summary

    def _spoilt(self, rows: list[list[str]]) -> list[list[str]]:
        if self.misbehave == "scientific_id":
            rows[0][3] = "1.10101E+17"
        elif self.misbehave == "formula":
            rows[0][2] = '=HYPERLINK("http://example.invalid")'
        elif self.misbehave == "no_student_no":
            rows[0][1] = rows[0][16] = ""
        return rows


def yuan(cents: int) -> str:
    """Fen → yuan with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def citizen_number(dice: random.Random) -> str:
    """A made-up citizen number with a right check digit, in a region code nobody has (990100)."""
    body = (
        f"990100{dice.randint(2005, 2009)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}{dice.randint(1, 999):03d}"
    )
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def _fen(text: str) -> int:
    return int(text.replace(".", "")) if text else 0


def _cell(column: int, text: str) -> str | float | None:
    """Amounts as a spreadsheet keeps them: numbers (the float is the file format's own)."""
    if not text:
        return None
    return float(text) if column in {12, 13, 14} else text


async def _run(options: argparse.Namespace) -> int:
    school = School(options.seed, options.misbehave)
    rows = school.rows(options.students, paid=not options.unpaid, projects=options.projects)
    content = school.xlsx(rows) if options.format == "xlsx" else school.csv(rows, options.encoding, options.delimiter)
    name = options.name or f"fees-{options.seed}.{options.format}"
    if options.to.startswith("http"):
        print(await school.upload(options.to, name, content, form=options.form))
    else:
        print(school.drop(Path(options.to), name, content))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Makes one table and drops or uploads it."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m hub.simulators.school")
    parser.add_argument("to", help="a folder, or http://HOST:PORT/in/UNIT/SOURCE")
    parser.add_argument("--students", type=int, default=10)
    parser.add_argument("--projects", type=int, default=3, choices=[1, 2, 3])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=["csv", "xlsx"], default="csv")
    parser.add_argument("--encoding", choices=["utf-8", "utf-8-sig", "gb18030"], default="utf-8")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--name", default="", help="the file's name")
    parser.add_argument("--unpaid", action="store_true", help="what is owed only, before payment")
    parser.add_argument("--form", action="store_true", help="multipart/form-data instead of a raw body")
    parser.add_argument(
        "--misbehave",
        default="",
        choices=["", "wrong_total", "scientific_id", "formula", "no_student_no", "half"],
    )
    return asyncio.run(_run(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
