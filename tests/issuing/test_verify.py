"""Verification: true bills pass, and each way to be false is found and named."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.cli.verifying import verify_files
from hub.errors import Config
from hub.issuing.einvoice import Signature, add_supervisor, einvoice_body, envelope, signed_bytes
from hub.issuing.signing import UnitSigner
from hub.issuing.verify import verify_einvoice
from hub.security.authority import Authority, new_authority
from hub.security.certificates import Trust
from hub.security.sm2_choice import best
from tests.issuing.samples import DAY, NOW, PROFILE, World, bill, certified, world


def failed(xml: bytes, trust: Trust) -> set[str]:
    return {check.what for check in verify_einvoice(xml, trust).checks if not check.ok}


def signed(pair: Authority, body: bytes, at: datetime = NOW) -> Signature:
    return UnitSigner([(pair.key, pair.certificate)]).sign(body, at)


def resigned(world: World, change: Callable[[bytes], bytes]) -> bytes:
    """A document whose changed body the unit has signed."""
    body = change(einvoice_body(bill(), PROFILE))
    return envelope(body, world.sign(body))


def test_a_bill_with_one_signature_and_with_both(world: World) -> None:
    xml = world.document()
    once = verify_einvoice(xml, world.trust)
    assert once.ok, once
    assert (once.bill_code, once.bill_number, once.total_fen) == ("41060126", "0000000017", 5005)
    supervisor = certified(world.root, "财政部门")
    both = verify_einvoice(add_supervisor(xml, signed(supervisor, signed_bytes(xml))), world.trust)
    assert both.ok, both
    assert (once.countersigned, both.countersigned) == (False, True)
    assert {check.what for check in both.checks} >= {
        "supervisor_signature",
        "supervisor_certificate",
        "items",
        "shares",
    }


def test_a_file_with_declaration_bom_and_final_newline(world: World) -> None:
    xml = world.document()
    assert not failed(b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n' + xml + b"\n", world.trust)


def test_one_changed_byte_of_the_body_is_found(world: World) -> None:
    xml = world.document()
    assert failed(xml.replace(b"<Checker>", b"<Checker>x"), world.trust) == {"unit_signature"}
    assert failed(xml.replace("张三".encode(), "李四".encode()), world.trust) == {"unit_signature"}
    both = add_supervisor(xml, signed(certified(world.root, "财政部门"), signed_bytes(xml) + b" "))
    assert failed(both, world.trust) == {"supervisor_signature"}
    assert not verify_einvoice(both, world.trust).countersigned


_WORLD = world()
_TRUE = _WORLD.document()


@given(st.integers(0, len(_TRUE) - 1), st.integers(1, 255))
def test_no_changed_byte_anywhere_makes_another_true_bill(at: int, flip: int) -> None:
    """Whatever is changed, what is signed stays what it was, or the verdict is false."""
    changed = _TRUE[:at] + bytes([_TRUE[at] ^ flip]) + _TRUE[at + 1 :]
    verdict = verify_einvoice(changed, _WORLD.trust)
    assert not verdict.ok or signed_bytes(changed) == signed_bytes(_TRUE)


@given(st.binary(max_size=200) | st.integers(0, len(_TRUE)).map(lambda end: _TRUE[:end]))
def test_garbage_and_pieces_are_a_verdict_not_an_exception(data: bytes) -> None:
    assert verify_einvoice(data, _WORLD.trust).ok == (data == _TRUE)


HOSTILE = {
    "xxe": lambda xml: b'<!DOCTYPE E [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + xml,
    "bomb": lambda xml: (
        b'<!DOCTYPE E [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + xml.replace(b"<Remark/>", b"<Remark>&b;</Remark>")
    ),
    "comment": lambda xml: xml.replace(b"<Remark/>", b"<Remark/><!-- x -->"),
    "cdata": lambda xml: xml.replace(b"<Remark/>", b"<Remark><![CDATA[<EInvoice>]]></Remark>"),
    "instruction": lambda xml: xml.replace(b"<Remark/>", b"<Remark/><?x y?>"),
    "wrapped": lambda xml: b"<Other>" + xml + b"</Other>",
    "before": lambda xml: b"x" + xml,
    "spaced": lambda xml: xml.replace(b"<EInvoice><Header>", b"<EInvoice>\n<Header>"),
    "twice": lambda xml: xml.replace(b"<TotalAmount>", b"<TotalAmount>0.01</TotalAmount><TotalAmount>", 1),
    "gbk": lambda xml: xml.decode().encode("gbk"),
    "utf16": lambda xml: xml.decode().encode("utf-16"),
    "declared": lambda xml: b'<?xml version="1.0" encoding="GBK"?>' + xml.decode().encode("gbk"),
    "namespace": lambda xml: xml.replace(b"<EInvoice>", b'<EInvoice xmlns="urn:x">'),
    "deep": lambda xml: xml.replace(b"<Remark/>", b"<a>" * 5000 + b"</a>" * 5000),
    "two": lambda xml: xml + xml,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_are_refused_before_anything_else(world: World, name: str) -> None:
    assert failed(HOSTILE[name](world.document()), world.trust) == {"form"}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"<TotalAmount>50.05", b"<TotalAmount>50.06", {"items", "shares"}),
        (b"<ItemAmount>30.00", b"<ItemAmount>30.01", {"items"}),
        (b"<fundPayAmount>30.00", b"<fundPayAmount>30.01", {"shares"}),
        (b"<TotalAmount>50.05", b"<TotalAmount>5.005E1", {"items"}),
        (b"<TotalAmount>50.05", b"<TotalAmount>NaN", {"items"}),
        (b"<EInvoiceNumber>0000000017", b"<EInvoiceNumber>0000000018", {"identity"}),
        (b"<IssueDate>", b"<IssueDate>x", {"unit_time"}),
    ],
)
def test_a_signed_document_that_contradicts_itself(world: World, old: bytes, new: bytes, what: set[str]) -> None:
    assert failed(resigned(world, lambda body: body.replace(old, new)), world.trust) == what


def test_a_stranger_is_an_unknown_signer(world: World) -> None:
    stranger = certified(new_authority("单位证书根", NOW - DAY, NOW + DAY), "示例人民医院")
    body = einvoice_body(bill(), PROFILE)
    verdict = verify_einvoice(envelope(body, signed(stranger, body)), world.trust)
    assert failed(envelope(body, signed(stranger, body)), world.trust) == {"unit_certificate"}
    assert "unknown signer" in json.dumps(verdict.json("f", "zh"))
    assert "unknown signer" in json.dumps(verdict.json("f", "en"))


def test_chains_are_judged_at_the_time_of_signing(world: World) -> None:
    then = NOW - 50 * DAY
    unit = certified(world.root, "旧证书", then - DAY, then + DAY)
    body = einvoice_body(bill(issued_at=then), PROFILE)
    assert not failed(envelope(body, signed(unit, body, then)), world.trust)  # expired since, good then
    late = Signature(
        b64encode(best().sign(unit.key, body)).decode(), b64encode(unit.certificate.der).decode(), f"{NOW:%Y%m%d%H%M%S}"
    )
    assert failed(envelope(body, late), world.trust) == {"unit_certificate"}


def test_a_signature_older_than_the_bill(world: World) -> None:
    body = einvoice_body(bill(), PROFILE)
    assert failed(envelope(body, world.sign(body, NOW - DAY / 2)), world.trust) == {"unit_time"}


def test_the_unit_cannot_countersign_itself(world: World) -> None:
    xml = world.document()
    own = add_supervisor(xml, world.sign(signed_bytes(xml)))
    assert failed(own, world.trust) == {"two_signers"}
    assert not verify_einvoice(own, world.trust).countersigned


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"value": "!!"}, {"unit_signature", "unit_certificate"}),
        ({"value": ""}, {"unit_signature"}),
        ({"certificate": "QQ=="}, {"unit_signature", "unit_certificate"}),
        ({"algorithm": "SHA256withRSA"}, {"unit_signature", "unit_certificate"}),
        ({"time": "20261399000000"}, {"unit_certificate", "unit_time"}),
    ],
)
def test_broken_signature_blocks(world: World, change: dict[str, Any], what: set[str]) -> None:
    body = einvoice_body(bill(), PROFILE)
    made = world.sign(body)
    values = {"value": made.value, "certificate": made.certificate, "time": made.time, **change}
    assert failed(envelope(body, Signature(**values)), world.trust) == what


def test_a_bill_without_the_units_signature(world: World) -> None:
    xml = world.document()
    start, end = xml.index(b"<InvoicingPartySignature>"), xml.index(b"</EInvoiceSignature>")
    assert failed(xml[:start] + xml[end:], world.trust) == {"unit_signature"}


def test_the_verb_prints_one_verdict_a_file(world: World, tmp_path: Path) -> None:
    world.write(tmp_path / "keys", tmp_path / "trust")
    (tmp_path / "good.xml").write_bytes(world.document())
    (tmp_path / "bad.xml").write_bytes(b"<a/>")
    good, bad = verify_files([tmp_path / "good.xml", tmp_path / "bad.xml"], tmp_path / "trust")
    assert list(good) == ["file", "ok", "bill_code", "bill_number", "total_fen", "checks"]
    assert (good["ok"], good["total_fen"], bad["ok"]) == (True, 5005, False)
    assert set(bad) == {"file", "ok", "checks"}
    assert bad["checks"][0]["code"] == "BH-ISS-030"
    json.dumps([good, bad])
    with pytest.raises(Config):
        next(verify_files([], tmp_path / "nowhere"))
