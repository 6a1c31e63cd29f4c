"""The methods of the medical interface this adapter answers, and how a call names its own (domain: bills 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from adapters.his.bosssoft.faults import NO_METHOD

Does = Literal["issue", "reverse", "state"]

METHODS: Final[dict[str, Does]] = {
    "invoiceEBillOutpatient": "issue",
    "invEBillHospitalized": "issue",
    "invEBillRegistration": "issue",
    "invEBillCheckUp": "issue",
    "writeOffEBill": "reverse",
    "getEBillStatesByBillInfo": "state",
}

BY_BUS_TYPE: Final = {
    "01": "invEBillHospitalized",  # 住院
    "02": "invoiceEBillOutpatient",  # 门诊
    "03": "invoiceEBillOutpatient",  # 急诊
    "04": "invoiceEBillOutpatient",  # 门特
    "05": "invEBillCheckUp",  # 体检中心
    "06": "invEBillRegistration",  # 挂号
}
"""busType → method, for a body that came without an address (a file someone looks at)."""


def method_in(path: str) -> str:
    """The last part of the address, or empty: `api/medical/writeOffEBill` → `writeOffEBill`."""
    return path.rstrip("/").rpartition("/")[2]


def method_of(path: str, data: Mapping[str, Any]) -> str:
    """The method called: by the address, or where it names none, by what the data holds.

    Raises:
        Reject: NO_METHOD.
    """
    named = method_in(path)
    if named:
        if named not in METHODS:
            raise NO_METHOD(method=_shown(named), known=", ".join(METHODS))
        return named
    if "busNo" in data:
        guessed = BY_BUS_TYPE.get(str(data.get("busType", "")))
    else:
        guessed = "writeOffEBill" if "billNo" in data and "reason" in data else None
    if guessed is None:
        raise NO_METHOD(method="?", known=", ".join(METHODS))
    return guessed


def _shown(name: str) -> str:
    return name[:40] if name.isascii() and name.isalnum() else "?"
