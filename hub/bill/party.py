"""Who issues and who pays."""

from __future__ import annotations

from typing import Literal

from hub.bill.model import Code, Record, Text


class Payer(Record):
    """交款人. Only the name is required: newborns, foreigners and old records have no number (domain: bills 6)."""

    kind: Literal["person", "organisation"] = "person"
    name: Text
    id_type: Code | None = None
    id_no: Code | None = None
    phone: Code | None = None
    email: Text | None = None
    account: Code | None = None
    bank: Text | None = None


class Unit(Record):
    """用票单位 / 执收单位."""

    id: Code
    name: Text
    uscc: Code
    code: Code | None = None
    region: Code


class Operator(Record):
    """The people named on the bill's foot, and the place of issue (开票点)."""

    issuer: Text | None = None
    reviewer: Text | None = None
    payee: Text | None = None
    place: Code | None = None
