"""What keeps paid bills from being issued or confirmed: they stay as they are, with an alarm, and go on afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.demo.world import CHINA
from hub.security.authority import new_authority
from hub.security.pem import write_key
from hub.security.sm2_choice import best
from hub.simulators.hospital_hl7 import HospitalHl7
from tests.badinput.hub import Hub


@pytest.fixture(scope="module")
def numbers() -> int:
    """No numbers at all at first."""
    return 0


async def _paid(hub: Hub, seed: int, count: int = 1) -> list[str]:
    async with HospitalHl7(*hub.mllp(), seed=seed) as his:
        made = [await his.send_charge(cash=True) for _ in range(count)]
    assert {ack.code for _, ack in made} == {"AA"}
    return [charge.charge_no for charge, _ in made]


def _all(hub: Hub, keys: list[str], status: str) -> Callable[[], bool]:
    return lambda: {found for key in keys for found in hub.statuses(key)} == {status}


async def test_an_empty_segment_keeps_bills_due_until_numbers_come(hub: Hub) -> None:
    keys = await _paid(hub, 1, 3)
    hub.wait(lambda: hub.alarms() == {"BH-LED-010"})
    assert _all(hub, keys, "due")()
    assert "alarm:" in hub.log()
    bill_code = f"410601{datetime.now(CHINA).year % 100:02d}"
    for first, last, now in (("1", "2", ["confirmed", "confirmed", "due"]), ("3", "1000", ["confirmed"] * 3)):
        segment = ("demo-hospital", bill_code, first, last, "--data", str(hub.world.data))
        code, said = hub.billhub("numbers", "receive", *segment)
        assert code == 0, said
        hub.wait(lambda now=now: sorted(status for key in keys for status in hub.statuses(key)) == now)
    hub.wait(_all(hub, keys, "confirmed"))
    assert hub.alarms() == set()
    assert hub.books()["balanced"]


def _new_keys(hub: Hub, folder: Path, since: timedelta, until: timedelta) -> None:
    """A key whose certificate is valid in that time around now; the platform and the hub trust its authority."""
    now = datetime.now(UTC)
    authority = new_authority("示例人民医院 CA 二", now - timedelta(days=20), now + timedelta(days=3650))
    key = best().generate()
    write_key(folder / "second.key", key)
    certificate = authority.issue(key.public, "示例人民医院", now + since, now + until)
    (folder / "second.pem").write_bytes(certificate.pem)
    for trust in (hub.world.platform_keys / "units", hub.world.data / "trust", hub.world.units / "keys" / "trust"):
        (trust / f"second-{until.days}.pem").write_bytes(authority.certificate.pem)


async def test_an_expired_certificate_keeps_bills_due_until_a_new_key_comes(hub: Hub) -> None:
    keys = hub.world.units / "keys" / "hospital"
    for name in ("unit.key", "unit.pem"):
        shutil.move(keys / name, hub.world.folder / name)
    _new_keys(hub, keys, timedelta(days=-9), timedelta(days=-1))
    _reloaded(hub)
    paid = await _paid(hub, 2, 2)
    hub.wait(lambda: hub.alarms() == {"BH-ISS-011"})
    assert _all(hub, paid, "due")()
    (keys / "second.key").unlink()
    (keys / "second.pem").unlink()
    _new_keys(hub, keys, timedelta(days=-1), timedelta(days=365))
    _reloaded(hub)
    hub.wait(_all(hub, paid, "confirmed"))
    assert hub.alarms() == set()
    assert hub.books()["balanced"]


def _reloaded(hub: Hub) -> None:
    before = hub.log().count("the units were read anew")
    hub.reload()
    hub.wait(lambda: hub.log().count("the units were read anew") > before)


async def test_a_reload_of_something_broken_changes_nothing(hub: Hub) -> None:
    keys = hub.world.units / "keys"
    for broken in (keys / "hospital" / "second.key", keys / "alipay.pem", hub.world.units / "school.yaml"):
        kept = broken.read_bytes()
        before = hub.log().count("the units were not changed")
        broken.write_bytes(b"unit: [")
        hub.reload()
        hub.wait(lambda before=before: hub.log().count("the units were not changed") > before)
        broken.write_bytes(kept)
    paid = await _paid(hub, 3)
    hub.wait(_all(hub, paid, "confirmed"))


async def test_a_platform_that_is_away_delays_bills_and_gets_each_once(hub: Hub) -> None:
    mood = hub.town.platform.mood
    mood.mode, mood.times = "down", None
    paid = await _paid(hub, 4, 5)
    hub.wait(_all(hub, paid, "issued"))
    hub.wait(lambda: "left alone" in hub.log())
    mood.mode = "none"
    seen: list[str] = []
    sign = hub.town.platform._sign

    def noted(xml: bytes) -> bytes:
        seen.append(xml.partition(b"<EInvoiceNumber>")[2].partition(b"<")[0].decode())
        return sign(xml)

    hub.town.platform._sign = noted  # type: ignore[method-assign]
    hub.wait(_all(hub, paid, "confirmed"))
    hub.town.platform._sign = sign  # type: ignore[method-assign]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize("how", ["cut", "lost", "slow"])
async def test_a_platform_that_does_not_answer_is_asked_not_sent_again(hub: Hub, how: str) -> None:
    mood = hub.town.platform.mood
    mood.mode, mood.times, mood.seconds = how, 1, 0.3
    paid = await _paid(hub, {"cut": 5, "lost": 6, "slow": 7}[how])
    hub.wait(_all(hub, paid, "confirmed"))
    assert hub.books()["balanced"]


@pytest.fixture
def changing(hub: Hub) -> Iterator[None]:
    """A platform that signs other bytes than it was sent."""
    sign = hub.town.platform._sign
    hub.town.platform._sign = lambda xml: sign(xml).replace(b"<TotalAmount>", b"<TotalAmount>9")  # type: ignore[method-assign]
    yield
    hub.town.platform._sign = sign  # type: ignore[method-assign]


@pytest.mark.usefixtures("changing")
async def test_a_platform_that_changes_a_bill_is_refused_and_the_bill_stands(hub: Hub) -> None:
    (key,) = await _paid(hub, 8)
    hub.wait(lambda: "BH-DLV-012" in hub.alarms())
    assert hub.statuses(key) == ["issued"]
    with hub.reader() as look:
        xml = look.document(hub.bills(key)[0]["id"], "xml")
    assert xml is not None
    assert b"<SupervisorPartySignature" not in xml
