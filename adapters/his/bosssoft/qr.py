"""The QR code of a bill as the interface gives it: a PNG in base64, one dark module a few pixels wide.

Size and mask are fixed, so that no search is made (a mask search costs six times the drawing): about two milliseconds,
once for each bill, since the answer to a repeat is remembered.
"""

from __future__ import annotations

import base64
import struct
import zlib
from functools import lru_cache
from typing import Final

import segno

_MASK: Final = 4
_QUIET: Final = 4
"""Light modules around the code (ISO/IEC 18004)."""
_PIXELS: Final = 4
"""Pixels a module."""


@lru_cache(maxsize=1024)
def qr_png(text: str) -> str:
    """The code as base64 of a black and white PNG; error correction M."""
    code = segno.make_qr(text, error="m", mask=_MASK, boost_error=False)
    light = b"\xff" * _PIXELS
    rows = []
    width = (len(code.matrix) + 2 * _QUIET) * _PIXELS
    margin = [b"\x00" + b"\xff" * width] * (_QUIET * _PIXELS)
    for modules in code.matrix:
        row = light * _QUIET + b"".join(b"\x00" * _PIXELS if dark else light for dark in modules) + light * _QUIET
        rows += [b"\x00" + row] * _PIXELS
    pixels = b"".join(margin + rows + margin)
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, width, 8, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(pixels, 6))
        + _chunk(b"IEND", b"")
    ).decode("ascii")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
