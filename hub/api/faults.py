"""Faults of the HTTP APIs. BH-API-001 is retired: a key opens only units that name its insurer."""

from __future__ import annotations

from typing import Final

from hub.errors import Config, Reject, define

NO_SUCH_PAGE: Final = define(
    "BH-API-002",
    Reject,
    zh="没有这个地址",
    en="there is no such address",
    do_zh="接口说明见 /api/openapi.json",
    do_en="see /api/openapi.json",
)
WRONG_METHOD: Final = define(
    "BH-API-003",
    Reject,
    zh="这个地址不接受该方法",
    en="this address does not take that method",
    do_zh="可用的方法见 Allow",
    do_en="see Allow for those it takes",
)
BROKEN_KEY: Final = define(
    "BH-API-004",
    Config,
    zh="保险公司密钥文件已损坏",
    en="the insurer's key file is damaged",
    do_zh="重新生成: billhub keys insurer 编号 --out 目录",
    do_en="make a new one: billhub keys insurer ID --out DIR",
)
BAD_REQUEST: Final = define(
    "BH-API-005",
    Reject,
    zh="请求的参数不对",
    en="the request's parameters are wrong",
    do_zh="接口说明见 /api/openapi.json",
    do_en="see /api/openapi.json",
)
