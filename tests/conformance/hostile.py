"""Input that nobody should send: whatever an adapter makes of it, it may answer with a fault and with nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

MIB: Final = 1024 * 1024
DEEP: Final = 100_000
"""Levels of nesting; far beyond any recursion limit."""

_DIGITS: Final = re.compile(rb"[0-9]+")


def anybody(secret: Path) -> Iterator[tuple[str, bytes]]:
    """(what it is, bytes) that any door may get; `secret` is a file that an XML entity tries to read."""
    random = Random(20260101)
    yield "nothing", b""
    yield "1 MiB of zeros", bytes(MIB)
    yield "1 MiB of spaces", b" " * MIB
    yield "random bytes", random.randbytes(4096)
    yield "1 MiB of random bytes", random.randbytes(MIB)
    yield "UTF-16", "MSH|^~\\&|数据".encode("utf-16")
    yield "a lone BOM", b"\xef\xbb\xbf"
    yield "JSON lists without end", b"[" * DEEP
    yield "JSON objects without end", b'{"a":' * DEEP
    yield "closed JSON lists", b"[" * DEEP + b"]" * DEEP
    yield "a JSON number of 1 MiB", b'{"appid":' + b"9" * MIB + b"}"
    yield "JSON that is not", b'{"appid": NaN, "data": Infinity, "data": -0}'
    yield "deep XML", b"<a>" * DEEP + b"</a>" * DEEP
    yield (
        "an external entity",
        (f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode()),
    )
    yield "an external DTD", b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>'
    yield "a billion laughs", _laughs()
    yield "quadratic blow-up", b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 50_000 + b'">]><a>' + b"&x;" * 5_000 + b"</a>"
    yield "a form of 100,000 fields", b"&".join(b"f%d=1" % number for number in range(DEEP))
    yield "a form with broken escapes", b"sign=%&sign_type=%zz&charset=%C0%80&a=%F0%9F"
    yield "HL7 with delimiters only", b"MSH|^~\\&" + b"|^~&" * DEEP
    yield "HL7 with equal delimiters", b"MSH||||||" + b"|" * 100
    yield "an MLLP frame inside", b"\x0b" + b"MSH|^~\\&|A|B" + b"\x1c\r\x0bMSH"
    yield "a table of one row and 100,000 columns", b",".join(b"c" for _ in range(DEEP))
    yield "an open quotation", b'a,b\n"' + b"x" * MIB
    yield "a zip that is none", b"PK\x03\x04" + random.randbytes(2000)
    yield "multipart without an end", b"--b\r\nContent-Disposition: form-data; name=a; filename=a.csv\r\n\r\nx"


def of_sample(body: bytes, seed: str) -> Iterator[tuple[str, bytes]]:
    """A sample cut, flipped, stuffed and repeated; the same seed gives the same bytes."""
    random = Random(seed)
    for part in range(20):
        yield f"cut at {part}/20", body[: len(body) * part // 20]
    for _ in range(40):
        yield _flipped(body, random)
    for filler, name in ((b"\0", "NUL"), (b"\xff", "0xFF"), (b"\xf0\x9f\x98\x80", "an emoji"), (b"\x1b", "ESC")):
        where = random.randrange(len(body) + 1)
        yield f"{name} at {where}", body[:where] + filler + body[where:]
    numbers = list(_DIGITS.finditer(body))
    for found in random.sample(numbers, min(6, len(numbers))):
        for text in (b"9" * 5000, b"-1", b"1e309", b"NaN"):
            yield f"{text[:5]!r} at {found.start()}", body[: found.start()] + text + body[found.end() :]
    yield "twice", body + body
    yield "in UTF-16", body.decode("utf-8", "replace").encode("utf-16")
    yield "reversed", body[::-1]


def _flipped(body: bytes, random: Random) -> tuple[str, bytes]:
    if not body:
        return "nothing to flip", body
    where, bit = random.randrange(len(body)), random.randrange(8)
    changed = bytearray(body)
    changed[where] ^= 1 << bit
    return f"bit {bit} of byte {where}", bytes(changed)


def _laughs() -> bytes:
    lines = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))]
    return f'<?xml version="1.0"?><!DOCTYPE a [{"".join(lines)}]><a>&a11;</a>'.encode()


QUESTIONS: Final = (
    ("GET", "", ""),
    ("GET", "bills", "cursor=" + "A" * 5000),
    ("GET", "bills", "limit=-1&limit=99999999999999999999"),
    ("GET", "bills", "limit=%00&cursor=%ff%fe"),
    ("GET", "bills/../../../etc/passwd", ""),
    ("GET", "bills/%00/\x00", ""),
    ("GET", "票据/" + "9" * 1000, "a=b=c&&&="),
    ("HEAD", "bills", ""),
    ("POST", "getEBillStatesByBillInfo", ""),
    ("DELETE", "bills/41060126/0000000001", ""),
)
"""(method, path, query) of questions that a server may get."""
