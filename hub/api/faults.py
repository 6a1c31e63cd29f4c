"""Faults of the HTTP APIs."""

from __future__ import annotations

from typing import Final

from hub.errors import Reject, define

UNKNOWN_INSURER: Final = define(
    "BH-API-001",
    Reject,
    zh="没有单位向该保险公司开放票据",
    en="no unit opens its bills to this insurer",
    do_zh="请单位在 YAML 的 insurers 里写上你的编号",
    do_en="ask the unit to name you in `insurers` of its YAML",
)
NO_SUCH_PAGE: Final = define(
    "BH-API-002",
    Reject,
    zh="没有这个地址",
    en="there is no such address",
    do_zh="接口说明见 /api/openapi.json",
    do_en="see /api/openapi.json",
)
