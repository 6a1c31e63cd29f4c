"""The code tables and how they are asked. An unknown code is never turned into another one.

    TABLE.get(code)      the row, or None
    TABLE.of(code)       the row, or a Park fault (BH-BIL-001)
    TABLE.name_of(code)  the name to show; an unknown code shows as itself

`docs/codes.md` is written from the same rows by `hub.bill.codes_doc`.
"""

from __future__ import annotations

from typing import Any, Final

from hub.bill.tables.bosssoft import BUS_TYPES, PAYER_KINDS, BusType
from hub.bill.tables.channels import CHANNELS, PAY_MODES, PayChannel
from hub.bill.tables.identities import IDENTITIES, IdentityKind
from hub.bill.tables.kinds import ABSURD_FEN, KINDS, BillKind
from hub.bill.tables.medical import CATEGORIES, INSU_TYPES, INSURANCE_TYPES, SELF_PAY_TYPE, Category, InsuType
from hub.bill.tables.statuses import STATUSES, BillStatus
from hub.bill.tables.table import Row, Table

TABLES: Final[tuple[Table[Any], ...]] = (
    KINDS,
    STATUSES,
    CHANNELS,
    PAY_MODES,
    INSURANCE_TYPES,
    INSU_TYPES,
    CATEGORIES,
    IDENTITIES,
    PAYER_KINDS,
    BUS_TYPES,
)
"""Every table, in the order of docs/codes.md."""

__all__ = [
    "ABSURD_FEN",
    "BUS_TYPES",
    "CATEGORIES",
    "CHANNELS",
    "IDENTITIES",
    "INSURANCE_TYPES",
    "INSU_TYPES",
    "KINDS",
    "PAYER_KINDS",
    "PAY_MODES",
    "SELF_PAY_TYPE",
    "STATUSES",
    "TABLES",
    "BillKind",
    "BillStatus",
    "BusType",
    "Category",
    "IdentityKind",
    "InsuType",
    "PayChannel",
    "Row",
    "Table",
    "bill_name_of",
    "insurance_type_of",
    "items_max",
    "kind_of_bus_type",
    "limit_fen",
    "share_only",
]


def share_only(channel: str) -> bool:
    """Whether money of this channel is a share of the bill and no payment. False for a channel nobody knows."""
    row = CHANNELS.get(channel)
    return row is not None and row.share_only


def insurance_type_of(insutype: str | None) -> str | None:
    """医保类型 code of an NHSA insutype: 全自费 where there is none, None where the insutype is unknown."""
    if not insutype:
        return SELF_PAY_TYPE
    row = INSU_TYPES.get(insutype)
    return row.insurance_type if row else None


def kind_of_bus_type(bus_type: str) -> str | None:
    """Bill kind of a Bosssoft busType; None for a deposit and for an unknown one."""
    row = BUS_TYPES.get(bus_type)
    return row.kind if row else None


def limit_fen(kind: str | None) -> int:
    """The amount from which a bill of this kind is absurd, in fen; the general limit for a kind no table has."""
    row = KINDS.get(kind) if kind else None
    return row.limit_fen if row else ABSURD_FEN


def items_max(kind: str | None) -> int | None:
    """How many items the face of this kind holds; None without a cap or for a kind no table has."""
    row = KINDS.get(kind) if kind else None
    return row.items_max if row else None


def bill_name_of(kind: str) -> str | None:
    """The bill name a unit gets unless its YAML names one; None for a kind no table has."""
    row = KINDS.get(kind)
    return row.bill_name if row else None
