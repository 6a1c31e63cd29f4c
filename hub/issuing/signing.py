"""Signs as the unit. The key is chosen by the issue time; when none is valid then, bills stay due."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from hub.errors import Fault
from hub.issuing.envelope import Signature, signature_time
from hub.issuing.faults import KEY_EXPIRED, KEY_NOT_YET, NO_KEYS
from hub.security.certificates import Certificate, read_certificates
from hub.security.pem import read_key
from hub.security.sm2 import USER_ID, Sm2, Sm2Key
from hub.security.sm2_choice import best

_SUFFIXES: Final = {".pem", ".key", ".crt", ".cer", ".der"}


@dataclass(frozen=True, slots=True)
class _Pair:
    key: Sm2Key
    certificate: Certificate
    text: str
    """the certificate as the envelope writes it"""


class UnitSigner:
    """A unit's keys with their certificates. Thread safe; the signing itself runs outside the GIL."""

    def __init__(
        self, pairs: Iterable[tuple[Sm2Key, Certificate]], user_id: bytes = USER_ID, sm2: Sm2 | None = None
    ) -> None:
        """From keys and their certificates.

        Raises:
            Config: no pair, or a certificate that is not its key's.
        """
        self._sm2 = sm2 or best()
        self._user_id = user_id
        found: list[_Pair] = []
        for key, certificate in pairs:
            if key.public != certificate.public:
                raise NO_KEYS(certificate.name, found="certificate and key do not belong together")
            found.append(_Pair(key, certificate, b64encode(certificate.der).decode()))
        if not found:
            raise NO_KEYS(found="no key with a certificate")
        # The youngest valid certificate signs, so that a new key takes over on its first day.
        self._pairs: Sequence[_Pair] = sorted(found, key=lambda pair: pair.certificate.since, reverse=True)

    @classmethod
    def from_folder(
        cls, folder: Path, password: bytes | None = None, user_id: bytes = USER_ID, sm2: Sm2 | None = None
    ) -> UnitSigner:
        """From every key and certificate of a folder, paired by their public point; lone certificates are ignored.

        Raises:
            Config: no usable pair, or a file that cannot be read; the fault names the file.
        """
        if not folder.is_dir():
            raise NO_KEYS(str(folder), found="no such folder")
        keys: dict[bytes, Sm2Key] = {}
        certificates: list[Certificate] = []
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() not in _SUFFIXES or not path.is_file():
                continue
            try:
                if b"PRIVATE KEY-----" in path.read_bytes():
                    key = read_key(path, password, sm2)
                    keys[key.public] = key
                else:
                    certificates.extend(read_certificates(path))
            except Fault as fault:
                raise NO_KEYS(str(path), found=fault.what("en")) from fault
        pairs = [(keys[certificate.public], certificate) for certificate in certificates if certificate.public in keys]
        if not pairs:
            raise NO_KEYS(str(folder), found="no key with a certificate")
        return cls(pairs, user_id, sm2)

    def certificate(self, at: datetime) -> Certificate:
        """The certificate that signs at that time.

        Raises:
            Retry: every certificate has expired by then, or none is valid yet.
        """
        return self._pair(at).certificate

    def sign(self, body: bytes, at: datetime) -> Signature:
        """Signs a body at its issue time.

        Raises:
            Retry: every certificate has expired by then, or none is valid yet; the bill stays due.
        """
        pair = self._pair(at)
        value = self._sm2.sign(pair.key, body, self._user_id)
        return Signature(b64encode(value).decode(), pair.text, signature_time(at))

    def _pair(self, at: datetime) -> _Pair:
        for pair in self._pairs:
            if pair.certificate.since <= at <= pair.certificate.until:
                return pair
        early = all(pair.certificate.since > at for pair in self._pairs)
        raise (KEY_NOT_YET if early else KEY_EXPIRED)(at=at.isoformat(timespec="seconds"))
