"""Bill codes and check codes. The code follows the issue date in Asia/Shanghai, and changes with the year there.

The check code is opaque (domain: bills 1.1): it is drawn, not computed, from the random source the hub was given.
"""

from __future__ import annotations

import string
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Final

from hub.bill.faults import BAD_TYPE

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept one offset since 1991, so no time zone table is needed for an issue date."""

_ALPHABET: Final = string.ascii_lowercase + string.digits


def check_code(random: Random) -> str:
    """校验码: six of [a-z0-9]. The hub passes a SystemRandom, a simulation a seeded one."""
    drawn = random.randrange(len(_ALPHABET) ** 6)  # one draw: the system's source costs a call each time
    text = ""
    for _ in range(6):
        drawn, digit = divmod(drawn, len(_ALPHABET))
        text += _ALPHABET[digit]
    return text


def bill_code(region: str, type_: str, issued_at: datetime) -> str:
    """票据代码: region (first 2 of its 6 digits), type (4), year (2).

    Args:
        region: 行政区划, 6 digits.
        type_: class and kind, 4 digits ("0601"), from the unit's YAML.
        issued_at: the issue time, with offset.

    Raises:
        Config: a region or a type of another shape.
    """
    if not (len(region) == 6 and len(type_) == 4 and (region + type_).isascii() and (region + type_).isdigit()):
        raise BAD_TYPE(type=type_, region=region)
    return f"{region[:2]}{type_}{issued_at.astimezone(SHANGHAI):%y}"
