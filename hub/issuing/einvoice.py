"""Writes the EInvoice XML of a bill: exactly the bytes that are signed.

UTF-8 without declaration and without white space between elements (domain: bills 2.1 and 2.2). Empty elements of Main
and Item are written (`<Remark/>`), as the platforms do; fields of MainExt only where there is a value.
"""

from __future__ import annotations

from hub.bill.bill import Bill
from hub.bill.numbering import SHANGHAI
from hub.issuing.envelope import Signature, add_supervisor, envelope, signed_bytes
from hub.issuing.faults import NOT_NUMBERED
from hub.issuing.main_ext import main_ext
from hub.issuing.profile import Profile, Seal
from hub.issuing.xml_text import legal, one, yuan

__all__ = ["Profile", "Seal", "Signature", "add_supervisor", "einvoice_body", "envelope", "signed_bytes"]


def einvoice_body(bill: Bill, profile: Profile) -> bytes:
    """Header and EInvoiceData of a numbered bill, exactly the bytes to sign.

    Raises:
        Park: a bill without number or issue time, a red one without its original, or text that XML cannot hold.
    """
    code, number, check = _numbered(bill)
    assert bill.issued_at is not None
    issued = bill.issued_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
    turn = _turn(bill, profile)
    text = "".join(
        (
            f"<Header><EInvoiceID>{number[::-1]}-{code[::-1]}</EInvoiceID>",
            one("EInvoiceTag", profile.tag or f"CZ-EI-{profile.region[:2]}"),
            one("Version", profile.version),
            "</Header><EInvoiceData><Main>",
            one("EInvoiceName", bill.bill_name),
            one("EInvoiceCode", code),
            one("EInvoiceNumber", number),
            one("RandomNumber", check),
            one("EInvoiceSpecimenCode", code + profile.specimen_suffix),
            one("SupervisorAreaCode", profile.supervisor_code or profile.region),
            f"<TotalAmount>{yuan(bill.total_fen, turn)}</TotalAmount>",
            f"<IssueDate>{issued[:10].replace('-', '')}</IssueDate><IssueTime>{issued[11:19]}</IssueTime>",
            _parties(bill, profile),
            one("PayMode", _pay_mode(bill, profile)),
            one("BizCode", bill.charge_no),
            "<CurrencyType>CNY</CurrencyType><ExchangeRate>1</ExchangeRate>",
            one("Remark", bill.remark),
            one("HandlingPerson", (bill.operator and bill.operator.issuer) or profile.issuer),
            one("Checker", (bill.operator and bill.operator.reviewer) or profile.reviewer),
            one("SupervisorRemark", profile.supervisor_remark),
            main_ext(bill, turn),
            _seal("InvoicingPartySeal", profile.unit_seal),
            _seal("SupervisorPartySeal", profile.supervisor_seal),
            "</Main><Details>",
            *_items(bill, turn),
            "</Details>",
            *_details(bill, turn),
            "</EInvoiceData>",
        )
    )
    return legal(text, bill.id)


def _numbered(bill: Bill) -> tuple[str, str, str]:
    for field in ("bill_code", "bill_number", "check_code", "issued_at"):
        if getattr(bill, field) is None:
            raise NOT_NUMBERED(bill.id, field=field)
    return bill.bill_code or "", bill.bill_number or "", bill.check_code or ""


def _turn(bill: Bill, profile: Profile) -> int:
    """1, or -1 where the amounts of a red bill have the other sign than the profile wants."""
    if bill.face == "blue" or not bill.total_fen:
        return 1
    return 1 if (bill.total_fen < 0) == (profile.red_amounts == "negative") else -1


def _parties(bill: Bill, profile: Profile) -> str:
    unit, payer = bill.unit, bill.payer
    return "".join(
        (
            "<InvoicingParty>",
            one("InvoicingPartyCode", unit.code or unit.uscc),
            one("InvoicingPartyName", unit.name),
            one("RecName", profile.receiver_name or unit.name),
            one("RecAcct", profile.receiver_account),
            one("RecOpBk", profile.receiver_bank),
            "</InvoicingParty><PayerParty>",
            f"<PayerPartyType>{1 if payer.kind == 'person' else 2}</PayerPartyType>",
            one("PayerPartyCode", payer.id_no),
            one("PayerPartyName", payer.name),
            one("PayerAcct", payer.account),
            one("PayerOpBk", payer.bank),
            "</PayerParty>",
        )
    )


def _pay_mode(bill: Bill, profile: Profile) -> str:
    for paid in bill.payments:
        if paid.channel in profile.pay_modes:
            return profile.pay_modes[paid.channel]
    return profile.pay_mode


def _seal(name: str, seal: Seal) -> str:
    return f"<{name}>{one('SealId', seal.id)}{one('SealName', seal.name)}{one('SealHash', seal.hash)}</{name}>"


def _items(bill: Bill, turn: int) -> list[str]:
    return [
        f"<Item>{one('ItemCode', item.code)}{one('ItemName', item.name)}"
        f"<ItemAmount>{yuan(item.amount_fen, turn)}</ItemAmount>{one('ItemUnit', item.unit)}"
        f"{one('ItemQuantity', item.quantity)}{one('ItemStd', item.std)}{one('ItemRemark', item.remark)}"
        "<ItemExt><ItemDetailName/></ItemExt></Item>"
        for item in bill.items
    ]


def _details(bill: Bill, turn: int) -> list[str]:
    if not bill.details:
        return []
    names = {item.code: item.name for item in bill.items}
    lines = [
        f"<AuxItem>{one('AuxItemRelatedCode', line.item_code)}"
        f"{one('AuxItemRelatedName', names.get(line.item_code))}{one('AuxItemCode', line.code)}"
        f"{one('AuxItemName', line.name)}{one('AuxItemQuantity', line.quantity)}{one('AuxItemUnit', line.unit)}"
        f"{one('AuxItemStd', line.price)}<AuxItemAmount>{yuan(line.amount_fen, turn)}</AuxItemAmount>"
        f"{one('AuxItemRemark', line.remark)}</AuxItem>"
        for line in bill.details
    ]
    return ["<AuxDetails>", *lines, "</AuxDetails>"]
