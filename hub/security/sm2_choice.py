"""Which implementation of SM2 signs here: each is tested before it is trusted."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from hub.errors import Fault
from hub.security.faults import NO_SM2
from hub.security.sm2 import Sm2
from hub.security.sm2_gmssl import GmSsl
from hub.security.sm2_openssl import OpenSsl

KNOWN_PUBLIC: Final = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
KNOWN_MESSAGE: Final = b"message digest"
KNOWN_SIGNATURE: Final = bytes.fromhex(
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
"""The worked signature on the recommended curve (GB/T 32918.5-2017, annex A.2)."""


def self_test(sm2: Sm2) -> None:
    """Known answer, then a signature of its own, then a changed message.

    Raises:
        Config: the library gives a wrong answer.
    """
    key = sm2.generate()
    good = (
        sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE, KNOWN_SIGNATURE)
        and not sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE, KNOWN_SIGNATURE, b"")
        and not sm2.verify(KNOWN_PUBLIC, KNOWN_MESSAGE + b".", KNOWN_SIGNATURE)
        and sm2.verify(key.public, KNOWN_MESSAGE, sm2.sign(key, KNOWN_MESSAGE))
    )
    if not good:
        raise NO_SM2(sm2.name, found="known-answer test failed")


@lru_cache(maxsize=1)
def best() -> Sm2:
    """The implementation to use: libcrypto 3 (it releases the GIL), else gmssl-pyx. Tested before it is returned.

    Raises:
        Config: neither works.
    """
    reasons: list[str] = []
    for make in (OpenSsl, GmSsl):
        try:
            sm2: Sm2 = make()
            self_test(sm2)
        except Fault as fault:
            reasons.append(f"{make.__name__}: {fault.what('en')}")
        else:
            return sm2
    raise NO_SM2(found="; ".join(reasons))
