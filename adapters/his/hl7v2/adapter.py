"""HL7 v2 as a source: DFT, ADT and BAR messages over MLLP, HTTP or files, answered by ACK. Pure: bytes in, bytes out.

A delivery that is refused as a whole raises; a message that is refused carries its fault, so that its neighbours go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, cast

from adapters.his.hl7v2.batch import Block, split
from adapters.his.hl7v2.charset import CODECS, WIDE, Decoded, alias_key, charset_named, decode, mark, said
from adapters.his.hl7v2.faults import BAD_SETTING, BATCH_CUT, NO_HEADER, NOT_DECODED
from adapters.his.hl7v2.header import BARE, Header, header_for_answer, header_of, judge
from adapters.his.hl7v2.reply import ENVELOPE, NEXT_FRAME, Wording, batch, refusal, replies
from adapters.his.hl7v2.wire import about_one, parse
from hub.adapter import Answer, Delivery, Message, Outcome, Settings, Source
from hub.errors import Fault, Lang, Reject, Retry

TYPES: Final = ("DFT^P03", "DFT^P11", "ADT^*", "BAR^*")
PROCESSING: Final = ("P", "T", "D")
_REMARKS: Final[Mapping[str, str]] = {
    "MSH-18": "MSH-18: unknown character set, the text is valid UTF-8",
    "LF": "line ends are LF",
}


def connect(settings: Settings) -> Source:
    """A source with these settings (manifest.yaml names them).

    Raises:
        Config: BAD_SETTING.
    """
    charset = charset_named(str(settings.get("charset") or "GB18030"))
    if charset is None or charset in ("ASCII", "UTF-16"):
        raise BAD_SETTING("charset", name="charset", use="GB18030, GBK, UTF-8, BIG-5, 8859/1 …")
    lang = str(settings.get("language") or "zh")
    if lang not in ("zh", "en"):
        raise BAD_SETTING("language", name="language", use="zh | en")
    types = _texts(settings, "types", TYPES)
    if not all("^" in kind for kind in types):
        raise BAD_SETTING("types", name="types", use="DFT^P03, ADT^*")
    return Hl7v2(
        charset=charset,
        aliases=_aliases(_texts(settings, "aliases", ())),
        types=types,
        processing=_texts(settings, "processing", PROCESSING),
        wording=Wording(charset, cast("Lang", lang)),
    )


class Hl7v2:
    """A hospital system that speaks HL7 v2."""

    def __init__(
        self,
        *,
        charset: str,
        aliases: Mapping[str, str],
        types: Sequence[str],
        processing: Sequence[str],
        wording: Wording,
    ) -> None:
        self._charset = charset
        self._aliases = aliases
        self._types = tuple(types)
        self._processing = tuple(processing)
        self._wording = wording

    def read(self, delivery: Delivery) -> Sequence[Message]:
        """The messages of a frame, request or file; a broken envelope adds one of kind `batch` with its fault.

        Raises:
            Reject: NO_HEADER or NOT_DECODED, where no message can be told apart.
        """
        marked, block = _block(delivery.body)
        alone = len(block.messages) == 1 and not block.faults and not block.batch and not block.file
        made: list[Message] = []
        for index, part in enumerate(block.messages):
            cut = BATCH_CUT(trailer="BTS") if block.cut and index == len(block.messages) - 1 else None
            made.append(self._message(index, part, delivery.body if alone else None, marked, cut))
        for control_id, fault in block.faults:
            digest = sha256(delivery.body).digest()
            identity = f"{ENVELOPE}|{control_id}|{digest.hex()[:24]}|{len(made)}"
            made.append(Message(len(made), delivery.body, identity, digest, ENVELOPE, "UTF-8", fault=fault))
        return made

    def _message(self, index: int, part: bytes, body: bytes | None, marked: str | None, cut: Fault | None) -> Message:
        digest = sha256(part).digest()
        wide = marked if marked in WIDE else None
        charset = marked or self._charset
        if body is None:
            body = part.decode("utf-8").encode(CODECS[wide]) if wide else part
        header: Header | None = None
        try:
            decoded = Decoded(part.decode("utf-8"), wide) if wide else self._decoded(part, marked)
            charset = decoded.charset
            header = header_of(decoded.text)
            fault = judge(header, self._types, self._processing) or cut
            if fault is None:
                hexadecimal = self._charset if charset == "ASCII" else charset
                tree, remarks = parse(decoded.text, header.marks, hexadecimal)
                about_one(tree)
                return Message(
                    index,
                    body,
                    header.identity(""),
                    digest,
                    header.kind,
                    charset,
                    {"segments": tree},
                    tuple(_REMARKS[remark] for remark in (*decoded.warnings, *remarks)),
                )
        except Reject as refused:
            fault = refused
            if header is None and not marked:
                charset = said(part, self._charset, self._aliases)
        header = header or header_for_answer(body, charset) or BARE
        identity = header.identity(digest.hex()[:24])
        return Message(index, body, identity, digest, header.kind, charset, fault=fault)

    def _decoded(self, part: bytes, marked: str | None) -> Decoded:
        return decode(part, self._charset, self._aliases, marked)

    def answer(
        self, delivery: Delivery, results: Sequence[tuple[Message, Outcome]], fault: Fault | None = None
    ) -> Answer:
        """Acknowledgements; an empty body where enhanced mode asks for none.

        On MLLP several messages are joined by FS CR VT, so that the door's one frame around the whole frames each.
        """
        status = 503 if isinstance(fault, Retry) else 200
        if fault is not None and not results:
            status = status if status == 503 else 400
            return _answer(refusal(delivery, fault, self._wording), status, self._wording.charset)
        made = replies(delivery, results, fault, self._wording)
        charset = results[0][0].charset if results else self._wording.charset
        if b"BHS" in delivery.body or b"FHS" in delivery.body or not results:
            marked, block = _block(delivery.body)
            if block.batch or block.file:
                charset = marked if marked in WIDE else charset
                body = batch(delivery, made, block, charset)
                return _answer(body, status, charset)
        joint = NEXT_FRAME if delivery.door == "mllp" else b""
        return _answer(joint.join(made), status, charset)


def _answer(body: bytes, status: int, charset: str) -> Answer:
    return Answer(body, status, f"application/hl7-v2; charset={charset}")


def _block(raw: bytes) -> tuple[str | None, Block]:
    marked, skip = mark(raw.lstrip(b"\x0b") if raw[:1] == b"\x0b" else raw)
    raw = raw.lstrip(b"\x0b")[skip:] if raw[:1] == b"\x0b" else raw[skip:]
    if marked in WIDE:
        try:
            text = raw.decode(CODECS[marked])
        except UnicodeDecodeError:
            raise NOT_DECODED("", charset=marked) from None
        if "\ufffd" in text or "\0" in text:
            raise NOT_DECODED("", charset=marked)
        raw = text.encode("utf-8")
    if not raw.strip():
        raise NO_HEADER("MSH")
    return marked, split(raw)


def _texts(settings: Settings, name: str, default: Sequence[str]) -> Sequence[str]:
    value = settings.get(name)
    if value is None:
        return tuple(default)
    if isinstance(value, str):
        value = [piece.strip() for piece in value.split(",") if piece.strip()]
    if not isinstance(value, (list, tuple)) or not all(isinstance(piece, str) and piece for piece in value):
        raise BAD_SETTING(name, name=name, use="a list of text")
    return tuple(value)


def _aliases(pairs: Sequence[str]) -> Mapping[str, str]:
    made: dict[str, str] = {}
    for pair in pairs:
        name, _, meant = pair.partition("=")
        charset = charset_named(meant)
        if not alias_key(name) or charset is None:
            raise BAD_SETTING("aliases", name="aliases", use="CHN=GB18030")
        made[alias_key(name)] = charset
    return made
