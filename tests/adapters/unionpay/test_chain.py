"""Whose certificate it is: chain, name and validity, with SHA-1 links as UnionPay really has them."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from adapters.payment.unionpay import chain as chains
from adapters.payment.unionpay.adapter import connect
from hub.adapter import Message
from hub.errors import Config, Reject
from hub.simulators.unionpay import UnionPay
from hub.simulators.unionpay_chain import Chain
from tests.adapters.unionpay.conftest import NOW

Read = Callable[..., Message]


def under(chain: Chain, environment: str = "production") -> dict[str, Any]:
    return {
        "mer_id": "700000000000001",
        "root": chain.root,
        "middle": chain.middle,
        "environment": environment,
    }


def refused(read: Read, body: bytes, **how: Any) -> str:
    with pytest.raises(Reject) as error:
        read(body, **how)
    return error.value.code.code


def test_the_chain_is_sha1_and_openssl_agrees_with_it(unionpay: UnionPay, tmp_path: Path) -> None:
    leaf = x509.load_pem_x509_certificate(unionpay.chain.leaf)
    assert leaf.signature_hash_algorithm is not None
    assert leaf.signature_hash_algorithm.name == "sha1"
    for name in ("root", "middle", "leaf"):
        (tmp_path / name).write_bytes(getattr(unionpay.chain, name))
    # a SHA-1 link is below openssl's default level, so the level is named
    command = ["openssl", "verify", "-auth_level", "0", "-CAfile", "root", "-untrusted", "middle", "leaf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "leaf: OK"


def test_a_sha256_chain_is_accepted_too(read: Read) -> None:
    modern = UnionPay(chain=Chain(sha1=False))
    assert read(modern.paid("C0000001", 1), via=connect(under(modern.chain))).kind == "paid"


def test_a_stranger_with_the_right_names_is_refused(unionpay: UnionPay, read: Read) -> None:
    stranger = Chain()
    body = unionpay.form(unionpay.fields(unionpay.trade("C0000001", 1)), stranger)
    assert refused(read, body) == "BH-UPA-007"
    assert read(body, via=connect(under(stranger))).kind == "paid"


def test_another_company_under_the_same_authority_is_refused(read: Read) -> None:
    other = UnionPay(chain=Chain(company="某某科技有限公司"))
    for environment in ("production", "test"):
        assert refused(read, other.paid("C0000001", 1), via=connect(under(other.chain, environment))) == "BH-UPA-009"


def test_the_test_signers_name_counts_in_test_only(read: Read) -> None:
    tester = UnionPay(chain=Chain(company="00040000:SIGN"))
    assert read(tester.paid("C0000001", 1), via=connect(under(tester.chain, "test"))).kind == "paid"
    assert refused(read, tester.paid("C0000001", 1), via=connect(under(tester.chain))) == "BH-UPA-009"


def test_validity_is_judged_at_receipt_also_when_remembered(unionpay: UnionPay, read: Read) -> None:
    source = connect(under(unionpay.chain))
    body = unionpay.paid("C0000001", 1)
    end = x509.load_pem_x509_certificate(unionpay.chain.leaf).not_valid_after_utc
    assert read(body, via=source).kind == "paid"
    assert read(body, via=source, at=end).kind == "paid"
    assert refused(read, body, via=source, at=end + timedelta(seconds=1)) == "BH-UPA-008"
    assert refused(read, body, via=source, at=NOW - timedelta(days=60)) == "BH-UPA-008"
    assert read(body, via=source).kind == "paid"


def test_an_old_certificate_holds_at_its_own_time(read: Read) -> None:
    old = UnionPay(chain=Chain(start=datetime(2020, 7, 31, tzinfo=UTC), days=1800))
    source, body = connect(under(old.chain)), old.paid("C0000001", 1)
    assert read(body, via=source, at=datetime(2024, 1, 1, tzinfo=UTC)).kind == "paid"
    assert refused(read, body, via=source) == "BH-UPA-008"


def test_verified_certificates_are_remembered_within_bounds(
    unionpay: UnionPay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "MAX_KEPT", 2)
    verified: list[bytes] = []
    one = chains.Trust._verified
    monkeypatch.setattr(chains.Trust, "_verified", lambda self, pem: verified.append(pem) or one(self, pem))
    trust = chains.Trust(unionpay.chain.root, unionpay.chain.middle, "production")
    leaf = unionpay.chain.leaf
    spellings = [leaf, leaf.replace(b"\r\n", b"\n"), leaf.replace(b"\r\n", b"\n", 1)]
    for pem in (leaf, leaf, leaf):
        trust.key(pem, NOW)
    assert len(verified) == 1
    for pem in spellings:
        trust.key(pem, NOW)
    assert len(trust._kept) == 2
    for _ in range(5):
        with pytest.raises(Reject):
            trust.key(leaf[:-40], NOW)
    assert len(trust._kept) == 2


def test_several_middles_may_be_named(unionpay: UnionPay, read: Read) -> None:
    newer = UnionPay(chain=Chain(sha1=False))
    settings = under(unionpay.chain)
    settings["root"] += newer.chain.root
    settings["middle"] += newer.chain.middle
    source = connect(settings)
    assert read(unionpay.paid("C0000001", 1), via=source).kind == "paid"
    assert read(newer.paid("C0000001", 1), via=source).kind == "paid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"root": b""}, "BH-UPA-020"),
        ({"root": None}, "BH-UPA-020"),
        ({"middle": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, "BH-UPA-020"),
        ({"middle": "leaf"}, "BH-UPA-020"),
        ({"root": "stranger"}, "BH-UPA-021"),
        ({"environment": "prod"}, "BH-UPA-022"),
        ({"mer_id": ""}, "BH-UPA-023"),
        ({"mer_id": "7000"}, "BH-UPA-023"),
        ({"sign_password": "wrong"}, "BH-UPA-024"),
        ({"sign_cert": b"junk"}, "BH-UPA-024"),
        ({"sign_cert": "pem", "sign_key": b"junk"}, "BH-UPA-024"),
        ({"sign_cert": "pem", "sign_key": "other"}, "BH-UPA-024"),
        ({"sign_cert": None}, "BH-UPA-025"),
        ({"gateway": ""}, "BH-UPA-025"),
    ],
)
def test_wrong_settings_stop_the_start(
    unionpay: UnionPay, settings: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    other = UnionPay()
    named = {
        "leaf": unionpay.chain.leaf,
        "stranger": other.chain.root,
        "pem": unionpay.merchant.pem,
        "other": other.merchant.key_pem,
    }
    given = settings | {name: named.get(value, value) if value else value for name, value in change.items()}
    with pytest.raises(Config) as error:
        connect(given)
    assert error.value.code.code == code
