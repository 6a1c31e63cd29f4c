"""A unit file for every scenario: the sources its steps use, its policy, its own peers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.demo.world import APP_ID, World
from hub.registry import mappings_folder
from hub.simulators.fiscal_platform import FiscalPlatform
from hub.simulators.unionpay import UnionPay
from tests.engine.same.words import Scenario

TYPES = {"outpatient": "0601", "tuition": "0101"}
OWN = Path(__file__).parent / "mappings"


@dataclass
class Peers:
    """Who stands around one scenario's unit."""

    unionpay: UnionPay
    gateway: str
    platform: FiscalPlatform | None = None
    url: str = ""


def write_units(world: World, scenarios: Sequence[Scenario], peers: Mapping[str, Peers]) -> None:
    for old in world.units.glob("*.yaml"):
        old.unlink()
    authority = (world.platform_keys / "ca.cert.pem").read_bytes()
    for trust in (world.units / "keys" / "trust", world.data / "trust"):
        (trust / "platform-ca.pem").write_bytes(authority)
    own = world.units / "mappings" / "his" / "own"
    shutil.copytree(OWN, own)
    shutil.copytree(mappings_folder() / "his" / "hl7v2" / "tables", own / "tables")
    packaged = (mappings_folder() / "his" / "hl7v2" / "dft-p03.yaml").read_text("utf-8")
    (own / "dft.yaml").write_text(packaged.replace("his/hl7v2/dft-p03", "his/own/dft"), "utf-8")
    for one in scenarios:
        text = json.dumps(_unit(world, one, peers[one.name]), ensure_ascii=False, indent=1)  # JSON is YAML, too
        text = text.replace('"his/hl7v2/dft-p03"', f'"{one.mapping}"')
        (world.units / f"{one.name}.yaml").write_text(text, "utf-8")


def _unit(world: World, one: Scenario, peers: Peers) -> dict[str, Any]:
    sources = {name: _SOURCES[name] | _more(name, world, one, peers) for name in sorted(one.sources)}
    signing: dict[str, Any] = {"keys": "keys/hospital"}
    if peers.url:
        signing["platform"] = {"url": f"http://{peers.url}", "trust": "keys/trust"}
    bill = {"issue": one.issue, "issuer": "local"}
    return {
        "unit": {"id": one.name, "name": "示例单位", "uscc": "12410100MB00000015", "region": "410100"},
        "bills": {
            "outpatient": {"kind": "medical_outpatient", "type": TYPES["outpatient"], **bill},
            "tuition": {"kind": "education", "type": TYPES["tuition"], **bill},
        },
        "sources": sources,
        "policy": one.policy,
        "signing": signing,
    }


def _more(name: str, world: World, one: Scenario, peers: Peers) -> dict[str, Any]:
    """What of a source is this world's, or this scenario's."""
    found: dict[str, Any] = {"answer": one.answers[name]} if name in one.answers else {}
    if name == "inbox":
        (world.units / "inboxes" / one.name).mkdir(parents=True)
        found["door"] = {"folder": f"inboxes/{one.name}"}
    if name == "unionpay":
        keys = {"root": "root", "middle": "middle", "sign_cert": "merchant"}
        files = {setting: {"file": f"keys/unionpay/{file}.cer"} for setting, file in keys.items()}
        key = {"sign_key": {"file": "keys/unionpay/merchant-key.pem"}}
        found["settings"] = {
            "environment": "test",
            "mer_id": "700000000000001",
            "gateway": peers.gateway,
            **files,
            **key,
        }
    return found


_ALIPAY = {"app_id": "2021000000000001", "public_key": {"file": "keys/alipay.pem"}}
_FEES = {"school": "10459", "amounts": "yuan"}
_SOURCES: dict[str, dict[str, Any]] = {
    "his": {
        "adapter": "his/hl7v2",
        "door": {"mllp": "127.0.0.1:0"},
        "mappings": [f"his/own/{name}" for name in ("order", "withdrawn", "deposit", "both")]
        + ["his/hl7v2/dft-p03", "his/hl7v2/adt"],
        "bill": "outpatient",
        "answer": "applied",
    },
    "bosssoft": {
        "adapter": "his/bosssoft",
        "mappings": ["his/bosssoft/outpatient", "his/bosssoft/write-off"],
        "bill": "outpatient",
        "settings": {"appid": APP_ID, "key": {"file": "keys/bosssoft.key"}},
    },
    "alipay": {"adapter": "payment/alipay", "mappings": ["payment/alipay/notify-charge"], "settings": _ALIPAY},
    "orders": {"adapter": "payment/alipay", "mappings": ["payment/alipay/notify"], "settings": _ALIPAY},
    "unionpay": {
        "adapter": "payment/unionpay",
        "mappings": ["payment/unionpay/notify-charge", "payment/unionpay/query-charge"],
    },
    "fees": {
        "adapter": "education/school_table",
        "mappings": ["education/school_table/fees"],
        "bill": "tuition",
        "settings": _FEES,
    },
    "inbox": {
        "adapter": "education/school_table",
        "mappings": ["education/school_table/fees"],
        "bill": "tuition",
        "settings": _FEES,
    },
}
