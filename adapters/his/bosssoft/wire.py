"""The Bosssoft envelope: five texts, an MD5 sign over them, JSON inside base64 inside JSON.

The sign covers `data` as it was sent, so it is checked before anything inside is decoded. The order in the signed
string is fixed and not alphabetical: appid, data, noise, key, version (domain: bills 4.1).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from adapters.his.bosssoft.faults import BAD_DATA, BAD_ENVELOPE, BAD_SIGN, WRONG_APPID
from adapters.his.bosssoft.strict_json import strict_object

MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes of a request; an inpatient bill with 20,000 detail lines stays under it."""

FIELDS: Final = ("appid", "data", "noise", "version", "sign")
OK: Final = "S0000"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The five texts of a request, as sent."""

    appid: str
    data: str
    noise: str
    version: str
    sign: str


def sign_of(appid: str, data: str, noise: str, version: str, key: str) -> str:
    """Upper-case hex MD5 of the fixed string. MD5 is the vendor's choice: use it over TLS only."""
    text = f"appid={appid}&data={data}&noise={noise}&key={key}&version={version}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def read_envelope(body: bytes) -> Envelope:
    """A JSON or form-encoded request; what it is shows in its first character.

    Raises:
        Reject: BAD_ENVELOPE.
    """
    if len(body) > MAX_BODY:
        raise BAD_ENVELOPE(found=f"> {MAX_BODY} bytes")
    try:
        text = body.decode("utf-8-sig")
        fields: dict[str, Any] = strict_object(text) if text.lstrip()[:1] == "{" else _form(text)
    except UnicodeDecodeError:
        raise BAD_ENVELOPE(found="not UTF-8") from None
    except ValueError as error:
        raise BAD_ENVELOPE(found=str(error)) from None
    for name in FIELDS:
        value = fields.get(name)
        if not isinstance(value, str) or not value:
            raise BAD_ENVELOPE(name, found=f"no text in {name}")
    return Envelope(**{name: fields[name] for name in FIELDS})


def judge_envelope(envelope: Envelope, appid: str, key: str) -> None:
    """Whether the request is theirs, in constant time.

    Raises:
        Reject: BAD_SIGN or WRONG_APPID.
    """
    right = sign_of(envelope.appid, envelope.data, envelope.noise, envelope.version, key)
    if not hmac.compare_digest(right.encode(), envelope.sign.encode()):
        raise BAD_SIGN("sign")
    if not hmac.compare_digest(appid.encode(), envelope.appid.encode()):
        raise WRONG_APPID("appid")


def open_data(data: str) -> dict[str, Any]:
    """The object inside `data`. Line breaks inside the base64 are allowed: old Java encoders write them; .NET a BOM.

    Raises:
        Reject: BAD_DATA.
    """
    try:
        raw = base64.b64decode(data.replace("\r", "").replace("\n", "").encode("ascii", "replace"), validate=True)
        return strict_object(raw.decode("utf-8-sig"))
    except binascii.Error:
        raise BAD_DATA("data", found="not base64") from None
    except UnicodeDecodeError:
        raise BAD_DATA("data", found="not UTF-8") from None
    except ValueError as error:
        raise BAD_DATA("data", found=str(error)) from None


def seal(result: str, message: bytes, *, appid: str, noise: str, version: str, key: str) -> bytes:
    """The answer's envelope, signed like a request over its own data and noise."""
    inner = orjson.dumps({"result": result, "message": base64.b64encode(message).decode()})
    data = base64.b64encode(inner).decode()
    return orjson.dumps({"data": data, "noise": noise, "sign": sign_of(appid, data, noise, version, key)})


def answer_noise(request: bytes, result: str, message: bytes) -> str:
    """32 hex digits that differ with request and answer; adapters draw no random numbers."""
    return hashlib.sha256(b"\x00".join((request, result.encode(), message))).hexdigest()[:32]


def _form(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=16)
    except UnicodeDecodeError:
        raise
    except ValueError:
        raise ValueError("neither a JSON object nor a form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice")
    if "data" in fields:
        # A sender that does not escape `+` means the base64 letter: a space has no place in base64.
        fields["data"] = fields["data"].replace(" ", "+")
    return fields
