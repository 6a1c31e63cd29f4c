"""The QR code in the answer: another reader finds in it what a payer looks the bill up by."""

from __future__ import annotations

import base64
import subprocess
import zlib

from adapters.his.bosssoft.qr import qr_png
from adapters.his.bosssoft.replies import issued, written_off
from hub.bill.money import Fen
from tests.adapters.bosssoft.conftest import bill
from tests.judges import command


def read(*pictures: str) -> list[str]:
    """What ZXing reads."""
    asked = "".join(f"{picture}\n" for picture in pictures)
    done = subprocess.run(command("Qr.java"), input=asked.encode(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [base64.b64decode(line).decode() for line in done.stdout.splitlines()]


def test_zxing_reads_what_we_draw() -> None:
    red = bill(face="red", bill_number="0000000043", check_code="zzzzzz", total_fen=Fen(-100_000_050))
    address = "https://bills.invalid/h5/{code}/{number}?c={check_code}"
    texts = ["1", "x" * 200, "票据,二维码", "a" * 26, "A" * 26]
    found = read(
        issued(bill(), "", "")["billQRCode"],
        issued(bill(), "http://inside.invalid/{number}", address)["billQRCode"],
        written_off(red, "", "")["billQRCode"],
        *map(qr_png, texts),
    )
    assert found == [
        "32060126,0000000042,a1b2c3,20261123,1.00",
        "https://bills.invalid/h5/32060126/0000000042?c=a1b2c3",
        "32060126,0000000043,zzzzzz,20261123,-1000000.50",
        *texts,
    ]


def test_it_is_drawn_once_for_a_bill() -> None:
    before = qr_png.cache_info().misses
    one = bill(bill_number="0000009999")
    assert issued(one, "", "") == issued(one, "", "")
    assert qr_png.cache_info().misses == before + 1


def test_the_picture_is_square_with_a_quiet_zone() -> None:
    raw = base64.b64decode(qr_png("x"))
    width, height = int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])
    assert width == height == (21 + 8) * 4
    length = int.from_bytes(raw[33:37])
    rows = zlib.decompress(raw[41 : 41 + length])
    assert len(rows) == height * (width + 1)
    assert not any(row.strip(b"\xff") for row in (rows[n * (width + 1) + 1 : (n + 1) * (width + 1)] for n in range(16)))
