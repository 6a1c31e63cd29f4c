"""What was charged: items on the bill's face, detail lines (清单) behind them, ordered free extensions."""

from __future__ import annotations

from typing import Literal

from hub.bill.model import Code, Decimals, Record, Text
from hub.bill.money import Fen


class Item(Record):
    """项目: a line of the face. `receipt: other` lines take money but make no fiscal bill (代收费)."""

    code: Code
    name: Text
    unit: Text | None = None
    std: Decimals | None = None
    quantity: Decimals | None = None
    amount_fen: Fen
    remark: Text | None = None
    receipt: Literal["fiscal", "other"] = "fiscal"


class Detail(Record):
    """清单 line; `item_code` names the item it belongs to."""

    item_code: Code
    code: Code | None = None
    name: Text
    spec: Text | None = None
    unit: Text | None = None
    quantity: Decimals | None = None
    price: Decimals | None = None
    amount_fen: Fen
    remark: Text | None = None


class Extension(Record):
    """A field some region adds (起付标准, 大病保险 …): an ordered, free key and value."""

    code: Code
    name: Text
    value: Text
