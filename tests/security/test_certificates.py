"""Certificates and chains, with openssl as the second opinion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.errors import Config, Fault
from hub.security.authority import Authority, new_authority
from hub.security.certificates import Certificate, Trust, parse_certificate, read_certificates
from hub.security.sm2_choice import best
from hub.security.sm2_gmssl import GmSsl
from tests.security import openssl

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def root() -> Authority:
    return new_authority("测试根", NOW - 10 * DAY, NOW + 1000 * DAY)


def below(authority: Authority, name: str, ca: bool = True, **times: datetime) -> Authority:
    key = best().generate()
    since, until = times.get("since", NOW - DAY), times.get("until", NOW + DAY)
    return Authority(key, authority.issue(key.public, name, since, until, ca=ca))


def code_of(trust: Trust, leaf: Certificate, at: datetime = NOW) -> str:
    with pytest.raises(Fault) as caught:
        trust.chain(leaf, at)
    return caught.value.code.code


def test_openssl_reads_and_verifies_ours(root: Authority, tmp_path: Path) -> None:
    unit = root.issue(best().generate().public, "示例医院", NOW - DAY, NOW + 100 * DAY, serial_number="1234")
    for name, certificate in (("root", root.certificate), ("unit", unit)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.pem)
    at = ("-attime", str(int(NOW.timestamp())))
    judged = ("verify", "-x509_strict", "-vfyopt", f"distid:{openssl.USER_ID}", *at, "-CAfile")
    assert b"OK" in openssl.output(*judged, str(tmp_path / "root.pem"), str(tmp_path / "unit.pem"))
    shown = openssl.output(
        "x509", "-in", str(tmp_path / "unit.pem"), "-noout", "-subject", "-serial", "-nameopt", "utf8"
    )
    assert "示例医院" in shown.decode()
    assert f"{unit.serial:X}" in shown.decode()


def test_we_read_and_trust_openssls(tmp_path: Path) -> None:
    key = ("-newkey", "SM2", "-nodes", "-sm3", "-sigopt", f"distid:{openssl.USER_ID}")
    ca = tmp_path / "ca.pem"
    openssl.output(
        *("req", "-x509", *key, "-keyout", str(tmp_path / "ca.key"), "-out", str(ca), "-days", "30"),
        *("-subj", "/CN=Test CA", "-addext", "keyUsage=critical,keyCertSign"),
    )
    openssl.output(
        "req", "-new", *key, "-keyout", str(tmp_path / "u.key"), "-out", str(tmp_path / "u.csr"), "-subj", "/CN=Unit"
    )
    leaf = tmp_path / "u.der"
    openssl.output(
        *("x509", "-req", "-in", str(tmp_path / "u.csr"), "-CA", str(ca), "-CAkey", str(tmp_path / "ca.key")),
        *("-sm3", "-sigopt", f"distid:{openssl.USER_ID}", "-vfyopt", f"distid:{openssl.USER_ID}", "-days", "10"),
        *("-CAcreateserial", "-outform", "DER", "-out", str(leaf)),
    )
    trust = Trust(read_certificates(ca))
    certificate = read_certificates(leaf)[0]
    assert [link.name for link in trust.chain(certificate, datetime.now(UTC))] == ["Unit", "Test CA"]


def test_a_chain_through_an_intermediate(root: Authority) -> None:
    middle = below(root, "中级")
    unit = below(middle, "单位", ca=False)
    trust = Trust([root.certificate, middle.certificate])
    assert [link.name for link in trust.chain(unit.certificate, NOW)] == ["单位", "中级", "测试根"]
    assert code_of(Trust([root.certificate]), unit.certificate) == "BH-SEC-011"
    assert Trust([middle.certificate]).chain(unit.certificate, NOW)
    assert Trust([root.certificate, middle.certificate], GmSsl()).chain(unit.certificate, NOW)


def test_validity_is_judged_at_the_time_of_signing(root: Authority) -> None:
    unit = below(root, "单位", ca=False).certificate
    trust = Trust([root.certificate])
    assert trust.chain(unit, NOW)
    assert trust.chain(unit, unit.since)
    assert trust.chain(unit, unit.until)
    assert code_of(trust, unit, NOW + 2 * DAY) == "BH-SEC-012"
    assert code_of(trust, unit, NOW - 2 * DAY) == "BH-SEC-013"
    late = below(root, "单位", ca=False, until=NOW + 3000 * DAY).certificate
    assert code_of(trust, late, NOW + 2000 * DAY) == "BH-SEC-012"  # the root has expired by then


def test_a_stranger_with_the_right_name_is_unknown(root: Authority) -> None:
    stranger = new_authority("测试根", NOW - DAY, NOW + DAY)
    unit = below(stranger, "单位", ca=False).certificate
    assert unit.issuer == root.certificate.subject
    assert code_of(Trust([root.certificate]), unit) == "BH-SEC-011"
    assert Trust([root.certificate, stranger.certificate]).chain(unit, NOW)[-1] == stranger.certificate
    assert code_of(Trust([]), unit) == "BH-SEC-011"
    assert code_of(Trust([root.certificate]), stranger.certificate) in {"BH-SEC-011", "BH-SEC-014"}


def test_a_unit_cannot_issue(root: Authority) -> None:
    unit = below(root, "单位", ca=False)
    forged = below(unit, "伪造", ca=False).certificate
    assert code_of(Trust([root.certificate, unit.certificate]), forged) == "BH-SEC-014"


def test_an_authority_does_not_sign_bills(root: Authority) -> None:
    assert code_of(Trust([root.certificate]), root.certificate) == "BH-SEC-014"


def test_cross_signed_authorities_do_not_go_round_for_ever(root: Authority) -> None:
    one, two = new_authority("甲", NOW - DAY, NOW + DAY), new_authority("乙", NOW - DAY, NOW + DAY)
    by_two = two.issue(one.key.public, "甲", NOW - DAY, NOW + DAY, ca=True)
    by_one = one.issue(two.key.public, "乙", NOW - DAY, NOW + DAY, ca=True)
    unit = below(Authority(one.key, by_two), "单位", ca=False).certificate
    chain = Trust([by_one, by_two]).chain(unit, NOW)
    assert (chain[0], len(chain)) == (unit, 3)


def test_a_changed_certificate_is_unknown(root: Authority) -> None:
    unit = below(root, "AAAA", ca=False).certificate
    changed = parse_certificate(unit.der.replace(b"AAAA", b"BBBB"))
    assert code_of(Trust([root.certificate]), changed) == "BH-SEC-011"


@pytest.mark.parametrize(
    "data", [b"", b"0", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n", b"\x30\x80"]
)
def test_what_is_no_certificate(data: bytes) -> None:
    with pytest.raises(Fault) as caught:
        parse_certificate(data)
    assert caught.value.code.code == "BH-SEC-010"


def test_an_rsa_certificate_is_no_signers(tmp_path: Path) -> None:
    made = openssl.output(
        *(
            "req",
            "-x509",
            "-newkey",
            "rsa:1024",
            "-nodes",
            "-keyout",
            str(tmp_path / "k"),
            "-subj",
            "/CN=x",
            "-days",
            "1",
        )
    )
    with pytest.raises(Fault) as caught:
        parse_certificate(made)
    assert caught.value.code.code == "BH-SEC-010"


def test_the_trust_folder(root: Authority, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(root.certificate.pem)
    (tmp_path / "second.der").write_bytes(below(root, "中级").certificate.der)
    (tmp_path / "notes.txt").write_text("not a certificate")
    assert len(Trust.from_folder(tmp_path)) == 2
    (tmp_path / "broken.crt").write_bytes(b"nonsense")
    with pytest.raises(Config) as caught:
        Trust.from_folder(tmp_path)
    assert caught.value.where == "broken.crt"
    with pytest.raises(Config):
        Trust.from_folder(tmp_path / "missing")
