"""Synthetic bills, keys and authorities for the tests of issuing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hub.bill.bill import Bill
from hub.bill.line import Detail, Extension, Item
from hub.bill.medical import Medical
from hub.bill.money import Fen
from hub.bill.party import Operator, Payer, Unit
from hub.bill.shares import Shares
from hub.issuing.einvoice import Profile, Signature, einvoice_body, envelope
from hub.issuing.signing import UnitSigner
from hub.security.authority import Authority, new_authority
from hub.security.certificates import Trust
from hub.security.pem import write_key
from hub.security.sm2_choice import best

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
PROFILE = Profile(region="410100")


def bill(**changes: Any) -> Bill:
    values: dict[str, Any] = {
        "id": "bill-1",
        "status": "issued",
        "kind": "medical_outpatient",
        "unit": Unit(id="demo", name="示例人民医院", uscc="12410000MB0000000X", region="410100"),
        "bill_name": "医疗门诊收费票据（电子）",
        "bill_code": "41060126",
        "bill_number": "0000000017",
        "check_code": "a1b2c3",
        "issued_at": NOW,
        "charge_no": "C-1",
        "pay_code": "41010026300000000001",
        "payer": Payer(name="张三", id_no="11010519491231002X"),
        "items": (
            Item(code="03", name="检查费", unit="次", std="30.00", quantity="1", amount_fen=Fen(3000)),
            Item(code="09", name="西药费", amount_fen=Fen(2005)),
        ),
        "details": (
            Detail(item_code="09", code="X1", name="药品甲", quantity="2", price="10.025", amount_fen=Fen(2005)),
        ),
        "total_fen": Fen(5005),
        "paid_fen": Fen(5005),
        "shares": Shares(fund_fen=Fen(3000), cash_fen=Fen(2005), account_balance_fen=Fen(100)),
        "medical": Medical(gender="男", department="内科", patient_no="MZ1", prepaid_fen=Fen(0)),
        "extensions": (Extension(code="qfbz", name="起付标准", value="0.00"),),
        "operator": Operator(issuer="王五", reviewer="赵六"),
    }
    return Bill(**{**values, **changes})


@dataclass(frozen=True)
class World:
    """An authority, a unit it certified, and whoever trusts it."""

    root: Authority
    unit: Authority
    signer: UnitSigner
    trust: Trust

    def sign(self, body: bytes, at: datetime = NOW) -> Signature:
        return self.signer.sign(body, at)

    def document(self, **changes: Any) -> bytes:
        body = einvoice_body(bill(**changes), PROFILE)
        return envelope(body, self.sign(body))

    def write(self, keys: Path, trust: Path) -> None:
        """The unit's key folder and a trust folder."""
        keys.mkdir(parents=True, exist_ok=True)
        trust.mkdir(parents=True, exist_ok=True)
        write_key(keys / "unit.key.pem", self.unit.key)
        (keys / "unit.cert.pem").write_bytes(self.unit.certificate.pem)
        (trust / "root.pem").write_bytes(self.root.certificate.pem)


def certified(root: Authority, name: str, since: datetime = NOW - DAY, until: datetime = NOW + DAY) -> Authority:
    key = best().generate()
    return Authority(key, root.issue(key.public, name, since, until))


def world() -> World:
    root = new_authority("单位证书根", NOW - 100 * DAY, NOW + 100 * DAY)
    unit = certified(root, "示例人民医院")
    return World(root, unit, UnitSigner([(unit.key, unit.certificate)]), Trust([root.certificate]))
