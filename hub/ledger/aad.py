"""What each sealed body is bound to, so that ciphertext moved to another row does not open."""

from __future__ import annotations

from typing import Final

REFUSED: Final = b"refused"
"""A refused delivery."""


def document_aad(bill_id: str, form: str) -> bytes:
    """A bill's document."""
    return f"document\x1f{bill_id}\x1f{form}".encode()


def event_aad(event_id: str) -> bytes:
    """An event."""
    return f"event\x1f{event_id}".encode()


def message_aad(fingerprint: bytes) -> bytes:
    """A message's exact bytes: bound to their content, for a changed repeat is kept under another id than it came."""
    return b"message\x1f" + fingerprint
