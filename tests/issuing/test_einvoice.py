"""The bytes of an EInvoice, read back by an independent parser."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.bill.bill import Related
from hub.bill.education import Education
from hub.bill.money import Fen
from hub.bill.party import Operator, Payer
from hub.errors import Park, Reject
from hub.issuing.compose import Numbered, compose_red
from hub.issuing.einvoice import Profile, Seal, Signature, add_supervisor, einvoice_body, envelope, signed_bytes
from tests.issuing.samples import NOW, PROFILE, bill

MAIN = [
    *("EInvoiceName", "EInvoiceCode", "EInvoiceNumber", "RandomNumber", "EInvoiceSpecimenCode", "SupervisorAreaCode"),
    *("TotalAmount", "IssueDate", "IssueTime", "InvoicingParty", "PayerParty", "PayMode", "BizCode", "CurrencyType"),
    *("ExchangeRate", "Remark", "HandlingPerson", "Checker", "SupervisorRemark", "MainExt", "InvoicingPartySeal"),
    "SupervisorPartySeal",
]
SIGNATURE = Signature("QQ==", "QQ==", "20261125120000")


def tree(body: bytes) -> Any:
    return etree.fromstring(b"<EInvoice>" + body + b"</EInvoice>")


def test_the_whole_of_a_small_bill() -> None:
    at = datetime(2026, 12, 31, 16, 0, 5, tzinfo=UTC)  # 2027 already in Shanghai
    small = bill(
        issued_at=at, details=(), shares=None, medical=None, extensions=(), operator=None, pay_code=None, charge_no=None
    )
    made = einvoice_body(small.model_copy(update={"items": small.items[1:], "total_fen": Fen(2005)}), PROFILE)
    assert made.decode() == (
        "<Header><EInvoiceID>7100000000-62106014</EInvoiceID><EInvoiceTag>CZ-EI-41</EInvoiceTag><Version>1.1.0</Version>"
        "</Header><EInvoiceData><Main><EInvoiceName>医疗门诊收费票据（电子）</EInvoiceName>"
        "<EInvoiceCode>41060126</EInvoiceCode><EInvoiceNumber>0000000017</EInvoiceNumber><RandomNumber>a1b2c3</RandomNumber>"
        "<EInvoiceSpecimenCode>4106012601</EInvoiceSpecimenCode><SupervisorAreaCode>410100</SupervisorAreaCode>"
        "<TotalAmount>20.05</TotalAmount><IssueDate>20270101</IssueDate><IssueTime>00:00:05</IssueTime>"
        "<InvoicingParty><InvoicingPartyCode>12410000MB0000000X</InvoicingPartyCode>"
        "<InvoicingPartyName>示例人民医院</InvoicingPartyName><RecName>示例人民医院</RecName><RecAcct/><RecOpBk/>"
        "</InvoicingParty><PayerParty><PayerPartyType>1</PayerPartyType><PayerPartyCode>11010519491231002X</PayerPartyCode>"
        "<PayerPartyName>张三</PayerPartyName><PayerAcct/><PayerOpBk/></PayerParty><PayMode>4</PayMode><BizCode/>"
        "<CurrencyType>CNY</CurrencyType><ExchangeRate>1</ExchangeRate><Remark/><HandlingPerson>系统</HandlingPerson>"
        "<Checker>系统</Checker><SupervisorRemark/><MainExt/><InvoicingPartySeal><SealId/><SealName/><SealHash/>"
        "</InvoicingPartySeal><SupervisorPartySeal><SealId/><SealName/><SealHash/></SupervisorPartySeal></Main><Details>"
        "<Item><ItemCode>09</ItemCode><ItemName>西药费</ItemName><ItemAmount>20.05</ItemAmount><ItemUnit/><ItemQuantity/>"
        "<ItemStd/><ItemRemark/><ItemExt><ItemDetailName/></ItemExt></Item></Details></EInvoiceData>"
    )


def test_children_stand_in_the_order_of_the_schema() -> None:
    root = tree(einvoice_body(bill(), PROFILE))
    assert [child.tag for child in root.find("EInvoiceData")] == ["Main", "Details", "AuxDetails"]
    assert [child.tag for child in root.find("EInvoiceData/Main")] == MAIN
    assert [child.tag for child in root.find(".//MainExt")] == [
        *("PayCode", "gender", "patientNumber", "departmentName", "prepayAmount"),
        *("fundPayAmount", "otherPayAmount", "accountPayAmount", "ownPayAmount", "ownAcBalance", "OtherInfo"),
    ]
    line = root.find(".//AuxItem")
    assert [child.tag.removeprefix("AuxItem") for child in line] == [
        *("RelatedCode", "RelatedName", "Code", "Name", "Quantity", "Unit", "Std", "Amount", "Remark")
    ]
    assert [line.findtext(f"AuxItem{name}") for name in ("RelatedName", "Std", "Amount")] == [
        "西药费",
        "10.025",
        "20.05",
    ]


def test_nothing_but_elements_and_text() -> None:
    made = einvoice_body(bill(), PROFILE).decode()
    assert not re.search(r">\s|\s<|<!|<\?|=\"|xsi", made)


def test_the_profile_and_the_payer_decide() -> None:
    profile = Profile(
        region="320900",
        tag="CZ-EI-99",
        specimen_suffix="07",
        supervisor_code="320000",
        pay_modes={"cash": "1"},
        receiver_account="1234",
        unit_seal=Seal(id="S1", name="章", hash="00"),
    )
    company = Payer(kind="organisation", name="示例公司", account="62", bank="示例银行")
    root = tree(einvoice_body(bill(payer=company, education=Education(student_no="S9"), operator=Operator()), profile))
    shown = {path: root.findtext(f".//{path}") for path in ("EInvoiceTag", "SupervisorAreaCode", "RecAcct", "SealId")}
    assert shown == {"EInvoiceTag": "CZ-EI-99", "SupervisorAreaCode": "320000", "RecAcct": "1234", "SealId": "S1"}
    assert root.findtext(".//EInvoiceSpecimenCode") == "4106012607"
    assert (root.findtext(".//PayerPartyType"), root.findtext(".//PayerOpBk")) == ("2", "示例银行")
    assert root.findtext(".//studentID") == "S9"


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1
    )
)
def test_any_legal_name_comes_back_exactly(name: str) -> None:
    named = bill(payer=Payer.model_construct(name=name, kind="person", id_no=None, account=None, bank=None))
    assert tree(einvoice_body(named, PROFILE)).findtext(".//PayerPartyName") == name


def test_markup_and_line_ends_in_text_come_back_exactly() -> None:
    hostile = "a\r\nb\rc\td </PayerPartyName><TotalAmount>0.01</TotalAmount> ]]> &amp; <EInvoiceSignature>"
    root = tree(einvoice_body(bill(remark=hostile), PROFILE))
    assert root.findtext(".//Remark") == hostile
    assert len(root.findall(".//TotalAmount")) == 1


@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_characters_that_xml_cannot_hold_are_named_never_dropped(bad: str) -> None:
    payer = Payer.model_construct(name=f"张{bad}三", kind="person", id_no=None, account=None, bank=None)
    with pytest.raises(Park) as caught:
        einvoice_body(bill().model_copy(update={"payer": payer}), PROFILE)
    assert caught.value.values == {"field": "PayerPartyName", "found": f"U+{ord(bad):04X}"}
    assert "张" not in str(caught.value)


def test_a_bill_without_number_is_not_written() -> None:
    for field in ("bill_code", "bill_number", "check_code", "issued_at"):
        with pytest.raises(Park) as caught:
            einvoice_body(bill(**{field: None}), PROFILE)
        assert caught.value.values == {"field": field}


def test_red_amounts_have_the_sign_of_the_profile() -> None:
    numbered = Numbered("bill-2", "41060126", "0000000018", "zzzzzz", NOW)
    red = compose_red(bill(), numbered)
    for turned in (red, bill(face="red", related=red.related)):  # whichever sign the canonical bill carries
        for sign, profile in (("-", PROFILE), ("", Profile(region="410100", red_amounts="positive"))):
            root = tree(einvoice_body(turned, profile))
            assert root.findtext(".//TotalAmount") == f"{sign}50.05"
            assert [item.text for item in root.iterfind(".//ItemAmount")] == [f"{sign}30.00", f"{sign}20.05"]
            assert root.findtext(".//AuxItemAmount") == f"{sign}20.05"
            assert root.findtext(".//fundPayAmount") == f"{sign}30.00"
            assert root.findtext(".//ownAcBalance") == "1.00"
            assert root.findtext(".//RelatedInvoiceCode") == "41060126"
            assert root.findtext(".//RelatedInvoiceNumber") == "0000000017"


def test_a_red_bill_names_its_original() -> None:
    with pytest.raises(Park) as caught:
        einvoice_body(bill(face="red", related=()), PROFILE)
    assert caught.value.code.code == "BH-ISS-004"
    blue = bill(related=(Related(relation="replaces", bill_code="1", bill_number="2"),))
    assert b"RelatedInvoice" not in einvoice_body(blue, PROFILE)


def test_the_envelope_keeps_every_byte() -> None:
    body = einvoice_body(bill(remark="\r\n & 𠮷"), PROFILE)
    once = envelope(body, SIGNATURE)
    twice = add_supervisor(once, SIGNATURE)
    assert signed_bytes(once) == signed_bytes(twice) == body
    assert twice == envelope(body, SIGNATURE, SIGNATURE)
    assert once.startswith(b"<EInvoice><Header>")
    with pytest.raises(Reject) as caught:
        add_supervisor(twice, SIGNATURE)
    assert caught.value.code.code == "BH-ISS-031"


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<EInvoice></EInvoice>",
        b"<EInvoiceSignature><EInvoice></EInvoiceSignature></EInvoice>",
        b"<EInvoice><EInvoice><EInvoiceSignature></EInvoiceSignature></EInvoice>",
        b"<EInvoice><EInvoiceSignature><EInvoiceSignature></EInvoiceSignature></EInvoice>",
    ],
)
def test_what_is_no_envelope(xml: bytes) -> None:
    with pytest.raises(Reject):
        signed_bytes(xml)
