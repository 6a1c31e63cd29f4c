"""Any bytes at all: a message, a fault of its own, or a refusal, and always an acknowledgement."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.his.hl7v2.adapter import connect
from hub.adapter import Message, Outcome
from hub.errors import Fault, Reject
from tests.adapters.hl7v2.say import delivery, dft

PIECES = st.sampled_from(
    [
        *(b"MSH", b"|", b"^~\\&", b"|^~\\&|", b"\r", b"\n", b"BHS|", b"BTS|1", b"FHS", b"FTS", b"\x0b", b"\x1c"),
        *(b"\\X", b"\\", b"\xef\xbb\xbf", b"\xff\xfe", b"M\x00S\x00H\x00", b"DFT^P03", b"UNICODE UTF-16"),
        *(b"GBK", b"\x81", b"\xff", b"&" * 9),
    ]
)


def survives(body: bytes) -> None:
    source, sent = connect({}), delivery(body)
    refused: Fault | None = None
    results: list[tuple[Message, Outcome]] = []
    try:
        results = [
            (message, Outcome("refused", message.fault) if message.fault else Outcome("applied"))
            for message in source.read(sent)
        ]
    except Reject as fault:
        refused = fault
    said = source.answer(sent, results, refused)
    if refused is not None:
        assert b"MSA|A" in said.body


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_any_bytes(body: bytes) -> None:
    survives(body)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=25))
@settings(max_examples=400)
def test_pieces_of_hl7(pieces: list[bytes]) -> None:
    survives(b"MSH|^~\\&|A|B|C|D|1||DFT^P03|M1|P|2.4\r" + b"".join(pieces))
    survives(b"".join(pieces))


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
@settings(max_examples=300)
def test_damaged_messages(place: int, damage: bytes, codec: str) -> None:
    body = dft(lines=2).encode(codec)
    survives(body[:place] + damage + body[place + len(damage) :])
    survives(body[:place])
