"""Of a unit's file: its keys, the fiscal platform, and what differs from region to region in what is signed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hub.bill.model import Code, Text
from hub.sections.section import Section


class PlatformSection(Section):
    """The fiscal platform that countersigns."""

    url: Text
    """Address of the platform that countersigns.
    加签的财政平台地址。"""
    trust: Text | None = None
    """Folder of the certificates its signature is judged by, relative to this file.
    验证其签名的证书目录,相对于本文件。"""
    at_once: int = Field(default=4, ge=1, le=64)
    """Bills a relay has with it at once; units with one address share them, the fewest count. 1 keeps strict order.
    每个外呼进程同时送它加签的票据数;同一地址的单位共用,取最小值;1 为严格按序。"""


class SigningSection(Section):
    """Keys of the unit and the platform."""

    keys: Text = "keys"
    """Folder with `unit.key` and `unit.pem`, relative to this file.
    存放 `unit.key`、`unit.pem` 的目录,相对于本文件。"""
    user_id: Text = "1234567812345678"
    """SM2 user id that goes into every signature.
    SM2 签名用户标识。"""
    platform: PlatformSection | None = None
    """The fiscal platform; without one bills stay `issued`.
    财政平台;不写则票据停在 `issued`。"""


class ProfileSection(Section):
    """What differs from region to region in the EInvoice XML; see `hub.issuing.profile.Profile` for the meanings."""

    tag: Text | None = None
    """EInvoiceTag; `CZ-EI-` and the province's two digits where left out.
    EInvoiceTag,缺省 `CZ-EI-` 加省份两位。"""
    version: Text | None = None
    """Version of the EInvoice form; 1.1.0 where left out.
    EInvoice 版本,缺省 1.1.0。"""
    specimen_suffix: Annotated[str, StringConstraints(pattern=r"^\d{2}$")] | None = None
    """Two digits after the bill code in EInvoiceSpecimenCode; 01 where left out.
    票样编码后两位,缺省 01。"""
    supervisor_code: Code | None = None
    """SupervisorAreaCode; the region where left out.
    财政部门区划,缺省同 `region`。"""
    red_amounts: Literal["negative", "positive"] | None = None
    """Sign of the amounts of a red bill; negative where left out.
    红票金额的正负,缺省为负。"""
    pay_modes: dict[Code, Code] | None = None
    """Pay channel → PayMode of the region.
    缴款渠道 → 本地 PayMode。"""
    pay_mode: Code | None = None
    """PayMode of channels not listed; 4 where left out.
    未列渠道的 PayMode,缺省 4。"""
    receiver_name: Text | None = None
    """RecName; the unit's name where left out.
    收款人全称,缺省为单位名称。"""
    receiver_account: Code | None = None
    """RecAcct, the receiving account.
    收款人账号。"""
    receiver_bank: Text | None = None
    """RecOpBk, the receiving bank.
    收款人开户行。"""
    issuer: Text = "系统"
    """HandlingPerson of a bill whose sender names nobody.
    未指明时的开票人。"""
    reviewer: Text = "系统"
    """Checker of a bill whose sender names nobody.
    未指明时的复核人。"""
    unit_seal: dict[Literal["id", "name", "hash"], Text] | None = None
    """The unit's seal as the platform registered it: id, name, hash.
    单位印章:编号、名称、散列。"""
    supervisor_seal: dict[Literal["id", "name", "hash"], Text] | None = None
    """The supervisor's seal: id, name, hash.
    监制章:编号、名称、散列。"""
    supervisor_remark: Text | None = None
    """SupervisorRemark, a text of the region.
    财政部门备注。"""
