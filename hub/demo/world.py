"""Sets up the demonstration's world in a folder: keys, unit files, number segments. What is there already is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from hub.api.access import write_key as keep_api_key
from hub.config import load_units
from hub.engine.embedded.home import Home
from hub.ledger.lock import FolderLock
from hub.ledger.rules import rules_of
from hub.ledger.sqlite import SqliteLedger
from hub.security.authority import new_authority
from hub.security.pem import write_key
from hub.security.sm2_choice import best
from hub.security.tokens import new_key
from hub.simulators.alipay import Alipay
from hub.simulators.unionpay import UnionPay

CHINA: Final = timezone(timedelta(hours=8))
APP_ID: Final = "his-demo"
HOSPITAL: Final = "demo-hospital"
SCHOOL: Final = "demo-school"
INSURER: Final = "demo-life"
TYPES: Final = ((HOSPITAL, "0601"), (HOSPITAL, "0602"), (HOSPITAL, "0603"), (HOSPITAL, "0604"), (SCHOOL, "0101"))
"""Units and the bill types they need numbers of."""

_HOSPITAL: Final = """\
# 示例医院:HIS 用 HL7 或博思接口,病人用支付宝或银联付款
unit: {{id: demo-hospital, name: 示例人民医院, uscc: "{hospital_uscc}", region: "410100"}}
bills:
  outpatient: {{kind: medical_outpatient, type: "0601", issue: on_payment, issuer: local}}
  inpatient: {{kind: medical_inpatient, type: "0602", issue: on_payment, issuer: local}}
  registration: {{kind: medical_registration, type: "0603", issue: on_payment, issuer: local}}
  checkup: {{kind: medical_checkup, type: "0604", issue: on_payment, issuer: local}}
sources:
  his:
    adapter: his/hl7v2
    door: {{mllp: "127.0.0.1:0"}}
    charset: GB18030
    mappings: [his/hl7v2/dft-p03, his/hl7v2/adt]
    bill: outpatient
  bosssoft:
    adapter: his/bosssoft
    door: http
    mappings:
      - his/bosssoft/outpatient
      - his/bosssoft/hospitalized
      - his/bosssoft/registration
      - his/bosssoft/checkup
      - his/bosssoft/write-off
    bill: outpatient
    settings: {{appid: {appid}, key: {{file: keys/bosssoft.key}}}}
  alipay:
    adapter: payment/alipay
    door: http
    mappings: [payment/alipay/notify-charge]
    settings: {{app_id: "2021000000000001", public_key: {{file: keys/alipay.pem}}}}
  unionpay:
    adapter: payment/unionpay
    door: http
    mappings: [payment/unionpay/notify-charge, payment/unionpay/query-charge]
    settings:
      environment: test
      mer_id: "700000000000001"
      root: {{file: keys/unionpay/root.cer}}
      middle: {{file: keys/unionpay/middle.cer}}
      gateway: {gateway}
      sign_cert: {{file: keys/unionpay/merchant.cer}}
      sign_key: {{file: keys/unionpay/merchant-key.pem}}
insurers:
  - {{id: demo-life, scopes: [bills:read]}}
signing:
  keys: keys/hospital
  platform: {{url: {platform}, trust: keys/trust}}
"""

_SCHOOL: Final = """\
# 示例学校:收费系统把缴费表放进文件夹
unit: {{id: demo-school, name: 示例大学, uscc: "{school_uscc}", region: "410100"}}
bills:
  tuition: {{kind: education, type: "0101", issue: on_payment, issuer: local}}
sources:
  fees:
    adapter: education/school_table
    door: {{folder: inbox}}
    mappings: [education/school_table/fees]
    settings: {{school: "10459", amounts: yuan}}
insurers:
  - {{id: demo-life, scopes: [bills:read]}}
signing:
  keys: keys/school
  platform: {{url: {platform}, trust: keys/trust}}
"""


@dataclass(slots=True)
class World:
    """A prepared folder and the peers whose keys it holds."""

    folder: Path
    alipay: Alipay
    alipay_gbk: Alipay
    """the same Alipay, telling merchants that asked for GBK"""
    unionpay: UnionPay
    bosssoft_key: str
    insurer_key: str

    @property
    def units(self) -> Path:
        """The unit files."""
        return self.folder / "units"

    @property
    def data(self) -> Path:
        """The hub's data folder."""
        return self.folder / "data"

    @property
    def inbox(self) -> Path:
        """Where the school drops its tables."""
        return self.units / "inbox"

    @property
    def insurer_file(self) -> Path:
        """Where the insurer keeps its API key."""
        return self.folder / "peers" / "insurer.key"

    @property
    def platform_keys(self) -> Path:
        """The fiscal platform's own folder."""
        return self.folder / "peers" / "platform"


def build(folder: Path, seed: int) -> World:
    """Makes what is missing: peers' keys, units' keys and certificates, trust."""
    keys, peers = folder / "units" / "keys", folder / "peers"
    for made in (keys, keys / "trust", peers, folder / "data" / "trust"):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    alipay = Alipay.kept(peers / "alipay", seed)
    alipay.write_public_key(keys)
    gbk = Alipay(charset="gbk", seed=seed + 500_000, key=alipay.key)
    unionpay = UnionPay.kept(peers / "unionpay")
    unionpay.write_files(keys / "unionpay")
    secret = _text(keys / "bosssoft.key", secrets.token_hex(16))
    for unit, name in (("hospital", "示例人民医院"), ("school", "示例大学")):
        _unit_keys(keys / unit, name, [peers / "platform" / "units", keys / "trust", folder / "data" / "trust"])
    insurer = peers / "insurer.key"
    if not insurer.exists():
        text, stored = new_key(INSURER, ("bills:read",))
        for unit in ("hospital", "school"):
            keep_api_key(keys / unit, stored)
        _text(insurer, text)
    return World(folder, alipay, gbk, unionpay, secret, insurer.read_text("ascii").strip())


def write_units(world: World, platform: str, gateway: str) -> None:
    """Writes the unit files for the addresses of this run, and lets the hub trust the platform."""
    values = {
        "hospital_uscc": "12410100MB00000015",
        "school_uscc": "12410000415800000T",
        "platform": platform,
        "gateway": gateway,
        "appid": APP_ID,
    }
    (world.units / "hospital.yaml").write_text(_HOSPITAL.format(**values), "utf-8")
    (world.units / "school.yaml").write_text(_SCHOOL.format(**values), "utf-8")
    authority = (world.platform_keys / "ca.cert.pem").read_bytes()
    for trust in (world.units / "keys" / "trust", world.data / "trust"):
        (trust / "platform-ca.pem").write_bytes(authority)


def receive_segments(world: World, count: int = 1_000_000) -> None:
    """Gives each unit numbers for this year, where it has none."""
    home = Home(world.data)
    home.make()
    lock = FolderLock(home.folder)
    home.vault()
    now = datetime.now(UTC)
    year = now.astimezone(CHINA).year % 100
    ledger = SqliteLedger(home.folder, {unit.unit.id: rules_of(unit) for unit in load_units(world.units)})
    for unit, type_ in TYPES:
        code = f"41{type_}{year:02d}"
        if not ledger.has_numbers(unit, code):
            ledger.receive_numbers(unit, code, "1", str(count), now, "demo")
    ledger.close()
    lock.release()


def _unit_keys(folder: Path, name: str, trusts: list[Path]) -> None:
    if (folder / "unit.key").exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = datetime.now(UTC)
    authority = new_authority(f"{name} CA", now - timedelta(days=1), now + timedelta(days=3650))
    key = best().generate()
    certificate = authority.issue(key.public, name, now - timedelta(hours=1), now + timedelta(days=1825))
    write_key(folder / "unit.key", key)
    (folder / "unit.pem").write_bytes(certificate.pem)
    for trust in trusts:
        trust.mkdir(parents=True, exist_ok=True)
        (trust / f"{folder.name}-ca.pem").write_bytes(authority.certificate.pem)


def _text(file: Path, text: str) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(text, "ascii")
    return file.read_text("ascii").strip()
