"""Kinds of identity document a payer may show, as canonical words, with the codes others use for them.

Only documents with a public check rule can be judged; the others (passports, certificates of birth) are taken as given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.bill.tables.table import Row, Table


@dataclass(frozen=True, slots=True)
class IdentityKind(Row):
    """`bosssoft`: cardType on that platform, where known. `checked`: its number has a check digit that is judged."""

    bosssoft: str | None = None
    checked: bool = False


IDENTITIES: Final = Table(
    name="identities",
    zh="证件类型（id_type）",
    en="Identity documents (id_type)",
    source="this project's words; check rules GB 32100 and GB 11643; cardType 1101 as hospital systems send it",
    extra=(("bosssoft", "cardType"), ("checked", "校验 / checked")),
    rows=(
        IdentityKind("citizen_no", "居民身份证", "Resident identity card", "", "1101", checked=True),
        IdentityKind(
            "citizen_no_15", "居民身份证（15 位）", "Resident identity card, 15 digits", "date only", checked=True
        ),
        IdentityKind(
            "hmt_residence", "港澳台居民居住证", "Residence permit of HK, Macao and Taiwan residents", checked=True
        ),
        IdentityKind("uscc", "统一社会信用代码", "Unified social credit code", "organisations", checked=True),
        IdentityKind("passport", "护照", "Passport"),
        IdentityKind("hm_pass", "港澳居民来往内地通行证", "Mainland travel permit, HK and Macao residents"),
        IdentityKind("taiwan_pass", "台湾居民来往大陆通行证", "Mainland travel permit, Taiwan residents"),
        IdentityKind("foreign_residence", "外国人永久居留身份证", "Foreign permanent resident card"),
        IdentityKind("military", "军人证件", "Military identity document"),
        IdentityKind("birth_certificate", "出生医学证明", "Certificate of birth"),
        IdentityKind("other", "其他证件", "Other document"),
    ),
)
