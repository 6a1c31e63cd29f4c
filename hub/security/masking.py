"""Masks personal data wherever a person looks; what is shown still tells two people apart at a glance.

Masking is not reversible and not exact: a value of an unexpected shape loses more, never less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_ID_NO: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?:[0-9]{11}[0-9Xx]|[0-9]{9})(?![0-9A-Za-z])")
_MOBILE: Final = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9]{9}(?![0-9])")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def mask_name(name: str) -> str:
    """张三 → 张*, 欧阳修远 → 欧***, John Smith → J*********."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*" * len(name)


def mask_id_no(number: str) -> str:
    """11010519491231002X → 1****************X; shorter numbers lose everything but the last character."""
    return _ends(number, 1, 1) if len(number) >= 15 else _ends(number, 0, 1)


def mask_phone(number: str) -> str:
    """13800138000 → 138****8000; shorter ones keep the last two."""
    return _ends(number, 3, 4) if len(number) >= 11 else _ends(number, 0, 2)


def mask_email(address: str) -> str:
    """wang@example.org → w***@example.org."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if at else "*" * len(address)


def mask_account(number: str) -> str:
    """6222020200112233445 → ***************3445."""
    return _ends(number, 0, 4) if len(number) > 8 else _ends(number, 0, 1)


def mask_text(text: str) -> str:
    """Free text with the id numbers, mobile numbers and addresses in it masked."""
    text = _EMAIL.sub(lambda found: mask_email(found[0]), text)
    text = _ID_NO.sub(lambda found: mask_id_no(found[0]), text)
    return _MOBILE.sub(lambda found: mask_phone(found[0]), text)


_PAYER: Final[dict[str, Callable[[str], str]]] = {
    "name": mask_name,
    "id_no": mask_id_no,
    "phone": mask_phone,
    "email": mask_email,
    "account": mask_account,
}
_BLOCKS: Final[dict[str, tuple[str, ...]]] = {
    "medical": ("insurance_no", "patient_no", "case_no", "hospitalization_no", "settlement_no"),
    "education": ("student_no",),
}
"""Numbers that name a person to someone."""


def mask_bill(bill: Mapping[str, Any]) -> dict[str, Any]:
    """A bill's JSON values with its person masked. An organisation keeps its name and its credit code."""
    made = dict(bill)
    payer = dict(bill.get("payer") or {})
    for name, mask in _PAYER.items():
        if name in payer and not (payer.get("kind") == "organisation" and name in {"name", "id_no"}):
            payer[name] = mask(str(payer[name]))
    if "payer" in bill:
        made["payer"] = payer
    for block, names in _BLOCKS.items():
        if bill.get(block):
            made[block] = {
                name: mask_account(str(value)) if name in names else value for name, value in bill[block].items()
            }
    if isinstance(bill.get("remark"), str):
        made["remark"] = mask_text(bill["remark"])
    for lines in ("items", "details"):
        if bill.get(lines):
            made[lines] = [_masked(line, "remark") for line in bill[lines]]
    if bill.get("extensions"):
        made["extensions"] = [_masked(line, "value") for line in bill["extensions"]]
    return made


def _masked(line: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**line, name: mask_text(str(line[name]))} if line.get(name) else dict(line)


def _ends(text: str, first: int, last: int) -> str:
    hidden = len(text) - first - last
    if hidden <= 0:
        return "*" * len(text)
    return text[:first] + "*" * hidden + text[len(text) - last :]
