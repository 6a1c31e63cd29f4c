"""The local issuer: work in, signed bills out. Signs as the unit, outside any transaction and off the event loop.

Everything personal is sealed before it leaves here: the signed XML, the canonical bill, the search hashes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final

from lxml import etree

from hub.bill.bill import Bill
from hub.bill.event import EVENT, Charge, Payment, Visit
from hub.bill.judge import judge_bill
from hub.bill.money import Fen
from hub.bill.numbering import SHANGHAI, check_code
from hub.bill.party import Unit
from hub.config import UnitConfig
from hub.crashpoints import reach
from hub.errors import Fault, describe
from hub.issuing.compose import Cut, Heading, Numbered, compose_blue, compose_red
from hub.issuing.einvoice import einvoice_body
from hub.issuing.envelope import envelope
from hub.issuing.faults import COMPOSE_DEFECT, YEAR_TURNED
from hub.issuing.profile import Profile
from hub.issuing.signing import UnitSigner
from hub.ledger.aad import document_aad, event_aad
from hub.ledger.records import FaultRecord, Issued, NotIssued, Work
from hub.security.vault import Vault

log = logging.getLogger("billhub.issuing")

SEARCHED: Final = (("id_no", "id_no"), ("phone", "phone"), ("name", "name"), ("name", "name_prefix"))
"""Payer fields by which bills can be found, and the kind of hash each makes."""


_TOLD: Final = (
    *("EInvoiceCode", "EInvoiceNumber", "RandomNumber", "TotalAmount", "IssueDate", "IssueTime", "BizCode"),
    "PayerPartyName",
)
"""What has to agree for an XML to be a due bill's; whatever else it says was right when it was signed."""


@dataclass(frozen=True, slots=True)
class UnitIssuer:
    """What issuing needs of one unit."""

    config: UnitConfig
    signer: UnitSigner
    profile: Profile
    names: Mapping[str, str]
    """bill of the YAML → its name on the face"""


class LocalIssuer:
    """Issues for the units it was given. Its randomness and clock are arguments."""

    def __init__(
        self, units: Mapping[str, UnitIssuer], vault: Vault, random: Random, clock: Callable[[], datetime]
    ) -> None:
        self._units = units
        self._vault = vault
        self._random = random
        self._clock = clock

    def issue(self, work: Iterable[Work]) -> tuple[list[Issued], list[NotIssued]]:
        """Signs what can be signed; the rest comes back with the fault that keeps it due."""
        issued: list[Issued] = []
        failed: list[NotIssued] = []
        reach("handed")
        for item in work:
            try:
                issued.append(self._issue_one(item))
            except Fault as fault:
                failed.append(_failed(item, fault))
            except Exception as error:  # noqa: BLE001  (a defect costs its own bill only)
                log.error(  # noqa: TRY400  (a traceback may quote the bill)
                    "bill %s could not be issued: %s", item.bill_id, describe(error)
                )
                failed.append(_failed(item, COMPOSE_DEFECT(item.bill_id, found=type(error).__name__)))
        reach("signed")
        return issued, failed

    def _issue_one(self, work: Work) -> Issued:
        unit = self._units[work.unit]
        at = self._clock()
        if work.bill_code[-2:] != f"{at.astimezone(SHANGHAI):%y}":
            raise YEAR_TURNED(work.bill_id, bill_code=work.bill_code)
        numbered = Numbered(work.bill_id, work.bill_code, work.bill_number, check_code(self._random), at)
        bill = self._compose(work, unit, numbered)
        wrong = next((found for found in judge_bill(bill) if found.level == "refuse"), None)
        if wrong is not None:
            raise wrong.fault()
        body = einvoice_body(bill, unit.profile)
        xml = envelope(body, unit.signer.sign(body, at))
        seal = self._vault.seal
        return Issued(
            bill_id=work.bill_id,
            bill_code=work.bill_code,
            bill_number=work.bill_number,
            check_code=numbered.check_code,
            issued_at=at.isoformat(timespec="milliseconds"),
            xml=seal(work.unit, document_aad(work.bill_id, "xml"), xml),
            document=seal(work.unit, document_aad(work.bill_id, "json"), bill.to_json()),
            search=search_hashes(self._vault, work.unit, bill),
        )

    def adopt(self, work: Work, xml: bytes) -> Issued | None:
        """The bill that this XML is, where it is this due bill, signed before; None where it is another.

        Nothing is signed: what the fiscal platform holds is the bill, byte for byte.
        """
        try:
            root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
            told = {name: root.findtext(f".//Main//{name}") or "" for name in _TOLD}
            at = datetime.strptime(told["IssueDate"] + told["IssueTime"], "%Y%m%d%H:%M:%S").replace(tzinfo=SHANGHAI)
        except (etree.XMLSyntaxError, ValueError):
            return None
        unit = self._units.get(work.unit)
        if unit is None or told["BizCode"] != work.charge_no:
            return None
        code, number = told["EInvoiceCode"], told["EInvoiceNumber"]
        bill = self._compose(work, unit, Numbered(work.bill_id, code, number, told["RandomNumber"], at))
        body = etree.fromstring(b"<EInvoice>" + einvoice_body(bill, unit.profile) + b"</EInvoice>")
        if told != {name: body.findtext(f".//Main//{name}") or "" for name in _TOLD}:
            return None
        seal = self._vault.seal
        return Issued(
            bill_id=work.bill_id,
            bill_code=code,
            bill_number=number,
            check_code=told["RandomNumber"],
            issued_at=at.astimezone(UTC).isoformat(timespec="milliseconds"),
            xml=seal(work.unit, document_aad(work.bill_id, "xml"), xml),
            document=seal(work.unit, document_aad(work.bill_id, "json"), bill.to_json()),
            search=search_hashes(self._vault, work.unit, bill),
        )

    def _compose(self, work: Work, unit: UnitIssuer, numbered: Numbered) -> Bill:
        if work.face == "red":
            original = self._vault.open(work.unit, document_aad(work.original_bill, "json"), work.original)
            return compose_red(Bill.model_validate_json(original), numbered)
        charge = self._event(work.unit, work.charge_event, work.charge)
        assert isinstance(charge, Charge)
        payments = [
            (payment, Fen(fen))
            for event_id, sealed, fen in work.payments
            if isinstance(payment := self._event(work.unit, event_id, sealed), Payment)
        ]
        visits = [
            visit
            for event_id, sealed in work.visits
            if isinstance(visit := self._event(work.unit, event_id, sealed), Visit)
        ]
        cut = Cut(work.receipt, work.first_item, work.last_item, Fen(work.total), Fen(work.insured))
        section = unit.config.bills[work.bill]
        head = unit.config.unit
        heading = Heading(
            unit=Unit(id=head.id, name=head.name, uscc=head.uscc, code=head.code, region=head.region),
            kind=section.kind,
            bill_name=unit.names[work.bill],
            issuer=unit.config.profile.issuer,
            reviewer=unit.config.profile.reviewer,
        )
        return compose_blue(
            charge, payments, visits, cut, heading, numbered, (work.replaces_code, work.replaces_number)
        )

    def _event(self, unit: str, event_id: str, sealed: bytes) -> object:
        return EVENT.validate_json(self._vault.open(unit, event_aad(event_id), sealed))


def charge_no_of(xml: bytes) -> str:
    """The charge an EInvoice names, empty where it cannot be read."""
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        return ""
    return root.findtext(".//Main//BizCode") or ""


def search_hashes(vault: Vault, unit: str, bill: Bill) -> list[tuple[str, bytes]]:
    """(kind, hash) by which a person's bill is found."""
    found: list[tuple[str, bytes]] = []
    for field, kind in SEARCHED:
        value = getattr(bill.payer, field)
        if value:
            found.append((kind, vault.search_hash(unit, kind, value)))
    return found


def _failed(work: Work, fault: Fault) -> NotIssued:
    values = {name: str(value) for name, value in fault.values.items()}
    return NotIssued(work.bill_id, FaultRecord(fault.code.code, fault.where, values))
