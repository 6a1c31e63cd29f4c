"""An Alipay with a key of its own, and a source that trusts it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.payment.alipay.adapter import Alipay as Source
from adapters.payment.alipay.adapter import connect
from hub.adapter import Delivery, Message
from hub.simulators.alipay import Alipay

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def alipay() -> Alipay:
    return Alipay()


@pytest.fixture(scope="session")
def gbk(alipay: Alipay) -> Alipay:
    return Alipay(charset="gbk", key=alipay.key)


@pytest.fixture(scope="session")
def pem(alipay: Alipay) -> bytes:
    return alipay.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="session")
def source(alipay: Alipay, pem: bytes) -> Source:
    return connect({"app_id": alipay.app_id, "seller_id": alipay.seller_id, "public_key": pem})


@pytest.fixture(scope="session")
def read(source: Source) -> Callable[..., Message]:
    def one(body: bytes, via: Source = source, **how: Any) -> Message:
        (message,) = via.read(Delivery(body, NOW, **how))
        return message

    return one
