"""Small messages the tests map. Synthetic persons only."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from hub.mapping import Mapping, load_mapping
from hub.mapping.times import SHANGHAI

DATA = Path(__file__).parent / "data"
AT = datetime(2026, 3, 1, 10, 16, tzinfo=SHANGHAI)


def demo(name: str) -> Mapping:
    return load_mapping(DATA / "his" / "demo" / f"{name}.yaml")


def written(folder: Path, body: str, name: str = "m", **tables: str) -> Path:
    """A mapping file of its own, in a place without a family, with its tables."""
    for table, content in tables.items():
        (folder / f"{table}.csv").write_text(content, encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(body, encoding="utf-8")
    path.with_name(f"{name}.test.yaml").write_text("", encoding="utf-8")
    return path


def segment(name: str, **fields: Any) -> list[Any]:
    """f7=… is field 7."""
    numbers = {int(key[1:]): value for key, value in fields.items()}
    return [name, *(numbers.get(number, "") for number in range(1, max(numbers, default=0) + 1))]


def ft1(kind: str, code: str, name: str, amount: str, trade: str = "") -> list[Any]:
    return segment("FT1", f2=trade, f4="20260301101500", f6=kind, f7=[[code, name]], f10="1", f11=[[[amount, "CNY"]]])


def dft(*lines: list[Any], charge_no: str = "V0001", name: Any = None) -> dict[str, Any]:
    return {
        "segments": [
            segment("MSH", f1="|", f2="^~\\&", f9=[["DFT", "P03"]], f10="M1"),
            segment("EVN", f2="20260301101500"),
            segment(
                "PID",
                f3=[["M1", "", "", "", "MR"], ["11010519491231002X", "", "", "", "NI"]],
                f5=[["张", "测试"]] if name is None else name,
                f8="男",
            ),
            segment("PV1", f2="O", f19=charge_no, f50="VN1"),
            *lines,
        ]
    }


def xml(text: str) -> Any:
    return etree.fromstring(text.encode())
