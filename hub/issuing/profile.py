"""What differs from region to region and unit to unit in the EInvoice XML. Data only; a unit's YAML fills it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Seal(BaseModel):
    """印章 as the platform registered it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = ""
    name: str = ""
    hash: str = ""


class Profile(BaseModel):
    """What differs from region to region and unit to unit in the EInvoice XML."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(pattern=r"^\d{6}$")
    tag: str = ""
    """CZ-EI-<first two digits of the region> where empty"""
    version: str = "1.1.0"
    specimen_suffix: str = Field(default="01", pattern=r"^\d{2}$")
    """EInvoiceSpecimenCode = bill code + these two digits"""
    supervisor_code: str = ""
    """SupervisorAreaCode; the region where empty"""
    red_amounts: Literal["negative", "positive"] = "negative"
    pay_modes: dict[str, str] = Field(default_factory=dict)
    """pay channel → PayMode (domain: bills 1.4)"""
    pay_mode: str = "4"
    """PayMode of other channels (4 终端支付)"""
    receiver_name: str = ""
    """RecName; the unit's name where empty"""
    receiver_account: str = ""
    receiver_bank: str = ""
    issuer: str = "系统"
    """HandlingPerson of a bill that names nobody: platforms require one"""
    reviewer: str = "系统"
    unit_seal: Seal = Seal()
    supervisor_seal: Seal = Seal()
    supervisor_remark: str = ""
