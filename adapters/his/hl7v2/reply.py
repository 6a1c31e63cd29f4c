"""The whole answer to a delivery: each message's acknowledgements, side by side or inside a batch of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from adapters.his.hl7v2.ack import SHANGHAI, ack, answers, code_of, verdict
from adapters.his.hl7v2.batch import Block
from adapters.his.hl7v2.charset import CODECS
from adapters.his.hl7v2.delimiters import STANDARD
from adapters.his.hl7v2.header import BARE, header_for_answer, plain_control_id
from hub.adapter import Delivery, Message, Outcome
from hub.errors import Fault, Lang

NEXT_FRAME: Final = b"\x1c\r\x0b"
"""Between two messages of one MLLP answer; the door adds the outer frame."""

ENVELOPE: Final = "batch"
"""The kind of the message that stands for a batch's own header and trailer."""

_BOMS: Final = {"UTF-16LE": b"\xff\xfe", "UTF-16BE": b"\xfe\xff"}
"""Given back where it says the order of bytes; elsewhere an answer begins with MSH, as every reader expects."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a source's answers are worded."""

    charset: str
    """The source's own, for a delivery that has none."""
    lang: Lang = "zh"


def refusal(delivery: Delivery, fault: Fault, wording: Wording) -> bytes:
    """One acknowledgement for a delivery that as a whole is refused or delayed; echoes at most a plain MSH-10."""
    return _one(delivery.body, wording.charset, fault, code_of(fault), delivery.received_at, wording)


def replies(
    delivery: Delivery, results: Sequence[tuple[Message, Outcome]], fault: Fault | None, wording: Wording
) -> list[bytes]:
    """The acknowledgements owed, in the order of the messages."""
    made: list[bytes] = []
    for message, outcome in results:
        made.extend(_for_message(message, outcome, fault, delivery.received_at, wording))
    return made


def batch(delivery: Delivery, made: Sequence[bytes], block: Block, charset: str) -> bytes:
    """The acknowledgements as a batch: BHS-12 and FHS-12 name the batch and the file they answer."""
    time = delivery.received_at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S+0800")
    own = "BH" + sha256(delivery.body + b"batch").hexdigest()[:18].upper()
    head = f"|{STANDARD.encoding}|||||{time}||||{own}|"
    before = (f"FHS{head}{block.file_id}\r" if block.file else "") + f"BHS{head}{block.control_id}\r"
    after = f"BTS|{len(made)}\r" + ("FTS|1\r" if block.file else "")
    codec = CODECS[charset]
    return before.encode(codec) + b"".join(made) + after.encode(codec)


def _for_message(
    message: Message, outcome: Outcome, fault: Fault | None, at: datetime, wording: Wording
) -> list[bytes]:
    found = fault or outcome.fault or message.fault
    code = code_of(found) if fault and found else verdict(outcome)
    if code == "AA":
        found = None
    if message.kind == ENVELOPE:
        control_id = message.identity.split("|")[1]
        shown = ack(BARE, control_id, code, found, charset="UTF-8", at=at, seed=message.fingerprint, lang=wording.lang)
        return [shown]
    header = header_for_answer(message.body, message.charset)
    if header is None:
        return [_one(message.body, message.charset, found, code, at, wording)]
    made: list[bytes] = []
    for owed in answers(header, code, taken=fault is None and message.fault is None):
        told = found if owed not in ("AA", "CA") else None
        said = ack(
            header,
            header.echo,
            owed,
            told,
            charset=message.charset,
            at=at,
            seed=message.fingerprint,
            lang=wording.lang,
        )
        made.append(said)
    if made and message.body.startswith(_BOMS.get(message.charset, b"\0\0\0")):
        made[0] = _BOMS[message.charset] + made[0]
    return made


def _one(body: bytes, charset: str, fault: Fault | None, code: str, at: datetime, wording: Wording) -> bytes:
    seed = sha256(body).digest()
    header, control_id = BARE, plain_control_id(body)
    known = header_for_answer(body, charset)
    if known is not None:
        header, control_id = known, known.echo
    return ack(
        header,
        control_id,
        "AR" if code == "AR" else "AE",
        fault,
        charset=charset,
        at=at,
        seed=seed,
        lang=wording.lang,
    )
