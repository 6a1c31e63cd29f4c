"""Writes an adapter of one screen as an outside package: what somebody else would install beside the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ADAPTER: Final = '''\
"""A cashier's desk that posts one JSON object a charge."""
import hashlib

from {package}.wire import SAID_NO, parse
from hub.adapter import Answer, Message
from hub.errors import Reject


class Tiny:
    def __init__(self, desk):
        self.desk = desk

    def read(self, delivery):
        tree = parse(delivery.body)
        identity = f"{{self.desk}}/{{tree['no']}}"
        return (Message(0, delivery.body, identity, hashlib.sha256(delivery.body).digest(), "charge", tree=tree),)

    def answer(self, delivery, results, fault=None):
        if fault is None and results and all(outcome.place != "refused" for _, outcome in results):
            return Answer(b"ok")
        return Answer(b"no", status=400 if isinstance(fault, Reject) or fault is None else 503)


def connect(settings):
    return Tiny(settings["desk"])
'''
WIRE: Final = '''\
"""Strict JSON of text values."""
import json

from hub.errors import Reject, define

SAID_NO = define("BH-TNY-001", Reject, zh="读不懂", en="not readable", do_zh="发 JSON 对象", do_en="send an object")


def parse(body):
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        raise SAID_NO() from None
    fine = isinstance(tree, dict) and all(isinstance(text, str) for text in tree.values())
    if not fine or not tree.get("no", "").isalnum():
        raise SAID_NO()
    return tree
'''
MANIFEST: Final = """\
adapter: his/tiny
zh: 收费窗口
en: a cashier's desk
speaks: one JSON object a charge
reads: json
doors: [http, folder]
settings:
  - {name: desk, required: true, zh: 窗口编号, en: the desk's number}
quality:
  verifies_senders: "exempt: a desk in the same room has no keys"
  exact_bytes: done
  wrong_charset: done
  hostile_input: done
  identity: done
  answers: done
  golden_mapping: done
  asks_when_unknown: "exempt: there is nobody to ask"
  simulator: "exempt: a desk is a person"
  real_peer: todo
"""
README: Final = "# his/tiny\n\nSet `desk`. 收费窗口,写上编号。\n"
MAPPING: Final = """\
mapping: his/tiny/charge
reads: json
events:
  - emit: charge
    fields:
      charge_no:  {from: no}
      payer.name: {from: who}
      payer.kind: {const: person}
    items:
      each: "[@]"
      fields:
        code:       {const: "01"}
        name:       {from: what}
        amount_fen: {from: yuan, via: [yuan]}
"""
TEST: Final = """\
mapping: his/tiny/charge
adapter: his/tiny
settings: {desk: "1"}
cases:
  - {name: one, sample: samples/one.json, expect: expected/one.json}
  - {name: two, sample: samples/two.json, expect: expected/two.json}
"""
SAMPLES: Final = {
    "one.json": '{"no": "A1", "who": "测试甲", "what": "挂号费", "yuan": "5.00"}',
    "two.json": '{"no": "A2", "who": "测试乙", "what": "检查费", "yuan": "80.50"}',
}


def write_package(root: Path, package: str) -> Path:
    """The package and its entry point, as an installer would lay them; returns the package's folder."""
    files = {
        "__init__.py": '"""An outside adapter."""\n',
        "adapter.py": ADAPTER.format(package=package),
        "wire.py": WIRE,
        "manifest.yaml": MANIFEST,
        "README.md": README,
        "mappings/charge.yaml": MAPPING,
        "mappings/charge.test.yaml": TEST,
        **{f"mappings/samples/{name}": text for name, text in SAMPLES.items()},
    }
    for name, text in files.items():
        (file := root / package / name).parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    about = root / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(f"[billhub.adapters]\ntiny = {package}\n", "utf-8")
    return root / package
