"""Message → canonical events on one core: HL7 DFT^P03, and Alipay and UnionPay notifications with their signatures.

`python -m benchmarks.messages`. Each is measured up to its events (verify, read, map, normalise, validate, judge), then
as the whole of `Intake.take` (facts, ids, sealed bodies). Beside it stands what cannot be avoided: a bare split for
HL7, a bare RSA verification for payments. Every message differs from the others.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.machine import describe, rate, show
from hub.adapter import Delivery
from hub.config import load_units
from hub.demo.world import World, build, write_units
from hub.engine.intake import Bound, Intake
from hub.mapping import run_first_matching
from hub.security.vault import Vault
from hub.simulators.hospital_hl7_words import Writer

MESSAGES = 400
BYTES = 1600
FORM = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
CLOCK = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)

NOTES = (
    "PV2|||LZ^例行门诊",
    "DG1|1||J06.900^急性上呼吸道感染^ICD10||20261125|A",
    "GT1|1||张测试^^^^^L||示例市示例路1号^^示例市^河南^450000^CHN|13900000001||19000101|M||SEL",
    "IN1|1|310^职工基本医疗保险^LOCAL|YB001|示例市医疗保障局|示例市政务大厅",
)
"""Segments that hospital systems add round the lines."""


def charges(count: int) -> list[bytes]:
    """DFT^P03 with four FT1 and as many notes as make it up to 1.6 kB."""
    writer = Writer(7)
    made: list[bytes] = []
    for _ in range(count):
        body = writer.charge(4).body + "".join(f"{note}\r" for note in NOTES).encode()
        while len(body) < BYTES - 40:
            body += f"NTE|{len(body)}||示例备注文字示例备注\r".encode()
        made.append(body)
    return made


def measure(intake: Intake, source: str, bodies: Sequence[bytes], bare: Callable[[], object], name: str) -> None:
    """One line: events a second, submissions a second, and both against the bare work."""
    bound = intake.bound(source)
    door = "mllp" if source.endswith("/his") else "http"
    headers = {} if door == "mllp" else FORM
    deliveries = [Delivery(body, CLOCK, door, headers=headers) for body in bodies]  # type: ignore[arg-type]
    turn = itertools.cycle(deliveries)
    if any(taken.place != "applied" for delivery in deliveries for taken in intake.take(bound, delivery).submissions):
        raise SystemExit(f"{source}: not every message was taken")
    unavoidable = rate(bare, clock=process_time)
    events = rate(lambda: _events(bound, next(turn)), clock=process_time)
    whole = rate(lambda: intake.take(bound, next(turn)), clock=process_time)
    show(
        f"{name} → event",
        bytes=sum(map(len, bodies)) // len(bodies),
        events_per_s=events,
        us=1e6 / events,
        bare_per_s=unavoidable,
        times_bare=unavoidable / events,
    )
    show(f"{name} → submission, sealed", per_s=whole, us=1e6 / whole)


def _events(bound: Bound, delivery: Delivery) -> object:
    """What happens to a message up to its events."""
    return [
        run_first_matching(bound.translations, message.tree, delivery.received_at, bound.kinds)
        for message in bound.source.read(delivery)
    ]


def _split(bodies: Sequence[bytes]) -> Callable[[], object]:
    turn = itertools.cycle(bodies)
    return lambda: [line.split("|") for line in next(turn).decode().split("\r")]


def _verify(world: World, size: int) -> Callable[[], object]:
    text = b"x" * size
    signature = world.alipay.key.sign(text, PKCS1v15(), SHA256())
    key = world.alipay.key.public_key()
    return lambda: key.verify(signature, text, PKCS1v15(), SHA256())


def _world(folder: Path) -> World:
    """The demonstration's units and keys; nothing of it is ever called."""
    world = build(folder, 1)
    world.platform_keys.mkdir(parents=True, exist_ok=True)
    authority = (world.units / "keys" / "trust" / "hospital-ca.pem").read_bytes()
    (world.platform_keys / "ca.cert.pem").write_bytes(authority)
    write_units(world, "http://127.0.0.1:9", "http://127.0.0.1:9/query")
    return world


def main() -> None:
    """Prints the machine and six lines."""
    print(describe())
    with tempfile.TemporaryDirectory(prefix="billhub-bench-") as name:
        world = _world(Path(name))
        intake = Intake(load_units(world.units), Vault([bytes(32)]))
        dft = charges(MESSAGES)
        measure(intake, "demo-hospital/his", dft, _split(dft), "HL7 DFT^P03 (4 FT1)")
        alipay = [world.alipay.paid(f"V{number:010d}", 10_000 + number) for number in range(MESSAGES)]
        measure(intake, "demo-hospital/alipay", alipay, _verify(world, 700), "Alipay notify")
        unionpay = [world.unionpay.paid(f"V{number:010d}", 10_000 + number) for number in range(MESSAGES)]
        measure(intake, "demo-hospital/unionpay", unionpay, _verify(world, 700), "UnionPay notify")


if __name__ == "__main__":
    main()
