"""Words the acknowledgement (HL7 v2 chapter 2.9): which code, which mode, in the sender's delimiters and character set.

Deterministic: our MSH-10 is made of the message's hash, our MSH-7 of the time of receipt. No text of the message but
its own routing fields and MSH-10 ever comes back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Final, Literal

from adapters.his.hl7v2.charset import CODECS, TABLE_0211, charset_named
from adapters.his.hl7v2.escapes import escape
from adapters.his.hl7v2.faults import (
    BAD_DELIMITERS,
    BAD_SEGMENT,
    CONTRADICTED,
    NO_CONTROL_ID,
    NO_HEADER,
    NOT_DECODED,
    PROCESSING,
    SEVERAL,
    TYPE_NOT_TAKEN,
    UNKNOWN_CHARSET,
    VERSION,
)
from adapters.his.hl7v2.header import Header
from hub.adapter import Outcome
from hub.errors import Config, Fault, Lang, Park, Reject, Retry, Unknown

Code = Literal["AA", "AE", "AR", "CA", "CE", "CR"]

SHANGHAI: Final = timezone(timedelta(hours=8))

NO_MAPPING: Final = "BH-MAP-020"
"""The hub's word for a message that no mapping of the source takes."""

CHANGED: Final = "BH-LED-001"
"""The same MSH-10 with another body."""

HEADER_FAULTS: Final = frozenset(
    {
        *(fault.code for fault in (NO_HEADER, BAD_DELIMITERS, NO_CONTROL_ID, TYPE_NOT_TAKEN, VERSION, PROCESSING)),
        NO_MAPPING,
    }
)
"""The header cannot be used: AR, sending the same again is useless."""

BY_CODE: Final[Sequence[tuple[str, Code]]] = (
    ("BH-MAP-", "AE"),  # the content is not what the mapping expects: the sender can repair and send again
    ("BH-BIL-", "AE"),  # nor what a bill can hold
    ("BH-HL7-", "AE"),
    (CHANGED, "AE"),
)
"""By the beginning of the fault's code, before the kind decides."""

BY_KIND: Final[Sequence[tuple[type[Fault], Code]]] = (
    (Reject, "AE"),  # wrong content
    (Park, "AA"),  # stored; another party or an operator has to act, the sender has nothing to repair
    (Unknown, "AA"),
    (Retry, "AR"),  # not taken, for reasons on our side
    (Config, "AR"),
)
"""What the sender is told, by what happens next."""

_CONDITIONS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys((TYPE_NOT_TAKEN.code, NO_MAPPING), ("200", "Unsupported message type")),
    PROCESSING.code: ("202", "Unsupported processing id"),
    VERSION.code: ("203", "Unsupported version id"),
    **dict.fromkeys((BAD_SEGMENT.code, SEVERAL.code), ("100", "Segment sequence error")),
    **dict.fromkeys((NO_CONTROL_ID.code, "BH-MAP-001", "BH-MAP-002", "BH-MAP-009"), ("101", "Required field missing")),
    **dict.fromkeys(
        (NOT_DECODED.code, CONTRADICTED.code, "BH-MAP-004", "BH-MAP-005", "BH-MAP-006"), ("102", "Data type error")
    ),
    **dict.fromkeys((UNKNOWN_CHARSET.code, "BH-MAP-003", "BH-MAP-012"), ("103", "Table value not found")),
    CHANGED: ("205", "Duplicate key identifier"),
}
"""ERR-3 from table 0357; anything else is 207. Our own code stands in ERR-5."""

_OTHER: Final = ("207", "Application internal error")

_ROUTING: Final = 180
_SAFE_TYPE: Final = re.compile(r"[A-Z0-9]{3}")


def verdict(outcome: Outcome) -> Code:
    """The application code of an outcome; a duplicate has the fault of the first sending, and so its answer."""
    if outcome.place == "applied":
        return "AA"
    if outcome.fault is None:
        return "AE" if outcome.place == "refused" else "AA"
    return code_of(outcome.fault, changed=outcome.place == "refused")


def code_of(fault: Fault, *, changed: bool = True) -> Code:
    """The application code of a fault; `changed` when the message was not stored for an operator."""
    if fault.code.code in HEADER_FAULTS:
        return "AR"
    for start, code in BY_CODE:
        if fault.code.code.startswith(start):
            return code
    for kind, code in BY_KIND:
        if isinstance(fault, kind):
            return "AE" if code == "AA" and changed else code
    return "AE"


def answers(header: Header, code: Code, *, taken: bool) -> list[Code]:
    """The acknowledgements owed, in order: one in original mode; commit, then application, as MSH-15/16 ask.

    Args:
        header: the request's.
        code: the application verdict.
        taken: whether the message was stored as a message of the hub (a header or text refused at the door is not).
    """
    if not header.enhanced:
        return [code]
    commit: Code = "CA" if taken else ("CR" if code == "AR" else "CE")
    owed: list[Code] = [commit] if _wanted(header.part(15), good=taken) else []
    # Where a refusal would otherwise go untold because no commit answer is wanted, the application answer tells it.
    if (taken or not owed) and _wanted(header.part(16), good=code == "AA"):
        owed.append(code)
    return owed


def _wanted(condition: str, *, good: bool) -> bool:
    """Table 0155; an empty condition in enhanced mode means never, an unknown one always."""
    return {"": False, "NE": False, "SU": good, "ER": not good}.get(condition.upper(), True)


def ack(
    header: Header,
    control_id: str,
    code: Code,
    fault: Fault | None,
    *,
    charset: str,
    at: datetime,
    seed: bytes,
    lang: Lang = "zh",
) -> bytes:
    """One acknowledgement message, each segment ended by CR.

    Args:
        header: the request's, or `header.BARE`.
        control_id: MSH-10 of the request, raw.
        code: MSA-1.
        fault: what is wrong; its code and sentence, never its values' source.
        charset: our name of the request's character set.
        at: the time of receipt.
        seed: the request's hash.
        lang: of the sentences; English where the character set has no Chinese.
    """
    marks = header.marks
    sep, comp = marks.field, marks.component
    own = "BH" + sha256(seed + code.encode()).hexdigest()[:18].upper()
    _, trigger, structure = header.type
    version = header.version or "2.4"
    kind = "ACK"
    if _SAFE_TYPE.fullmatch(trigger):
        kind += f"{comp}{trigger}{comp}ACK" if structure or version >= "2.3.1" else comp + trigger
    processing = asked if (asked := header.part(11)) in ("P", "T", "D") else "P"
    time = at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S+0800")
    routing = [header.raw(number)[:_ROUTING] for number in (5, 6, 3, 4)]
    msh = ["MSH", marks.encoding, *routing, time, "", kind, own, processing, version]
    lines = [msh]
    lang = lang if _speaks_chinese(charset) else "en"
    text = escape(f"{fault.code.code} {fault.what(lang)}"[:200], marks) if fault else ""
    lines.append(["MSA", code, control_id, text] if text else ["MSA", code, control_id])
    if fault and version >= "2.5":
        condition = comp.join((*_CONDITIONS.get(fault.code.code, _OTHER), "HL70357"))
        own_code = comp.join((fault.code.code, escape(fault.what(lang)[:200], marks), "BILLHUB"))
        lines.append(["ERR", "", "", condition, "E", own_code, "", "", _do(fault, lang, header)])
    if said := _charset_said(header, charset, plain=all(word.isascii() for line in lines for word in line)):
        msh += ["", "", "", "", "", said]
    body = "".join(sep.join(line) + "\r" for line in lines).replace("\x0b", "").replace("\x1c", "")
    return body.encode(CODECS[charset], "replace")


def _charset_said(header: Header, charset: str, *, plain: bool) -> str:
    """MSH-18: the sender's own words where they are true; else the table's word, where the answer needs one."""
    said = header.raw(18)[:_ROUTING]
    names = [charset_named(one) for one in (said.split(header.marks.repetition or "~") if said else ())]
    if any(name and charset.startswith(name) for name in names):
        return said
    if plain:
        return ""
    return TABLE_0211.get(charset, "")


def _do(fault: Fault, lang: Lang, header: Header) -> str:
    return escape(fault.do(lang)[:250], header.marks)


def _speaks_chinese(charset: str) -> bool:
    return charset in ("UTF-8", "GB18030") or charset.startswith(("UTF-16", "UTF-32"))
