"""A UnionPay with a chain of its own (SHA-1, as the real one), and a source that trusts it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.payment.unionpay.adapter import UnionPay as Source
from adapters.payment.unionpay.adapter import connect
from hub.adapter import Delivery, Message
from hub.simulators.unionpay import UnionPay

NOW = datetime.now(UTC)


@pytest.fixture(scope="session")
def unionpay() -> UnionPay:
    return UnionPay()


@pytest.fixture(scope="session")
def settings(unionpay: UnionPay) -> dict[str, Any]:
    return {
        "mer_id": unionpay.mer_id,
        "root": unionpay.chain.root,
        "middle": unionpay.chain.middle,
        "gateway": "http://127.0.0.1/gateway/api/queryTrans.do",
        "sign_cert": unionpay.merchant.pfx("000000"),
        "sign_password": "000000",
    }


@pytest.fixture(scope="session")
def source(settings: dict[str, Any]) -> Source:
    return connect(settings)


@pytest.fixture(scope="session")
def read(source: Source) -> Callable[..., Message]:
    def one(body: bytes, via: Source = source, at: datetime = NOW, **how: Any) -> Message:
        (message,) = via.read(Delivery(body, at, **how))
        return message

    return one
