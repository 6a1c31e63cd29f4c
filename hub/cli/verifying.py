"""`billhub verify`: the verdict of each file, one JSON-ready dict a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hub.errors import Lang
from hub.issuing.verify import verify_einvoice
from hub.security.certificates import Trust
from hub.security.sm2 import USER_ID


def verify_files(
    files: Iterable[Path], trust: Trust | Path, lang: Lang = "zh", user_id: bytes = USER_ID
) -> Iterator[dict[str, Any]]:
    """`{"file","ok","bill_code","bill_number","total_fen","checks":[{"what","ok","detail"}]}` of each file, in order.

    Args:
        files: EInvoice XML files.
        trust: the trusted certificates, or the folder that holds them.
        lang: language of what is wrong.
        user_id: the signers' id.

    Raises:
        Config: a trust folder that is missing or holds a broken certificate.
        OSError: a file that cannot be read.
    """
    trusted = trust if isinstance(trust, Trust) else Trust.from_folder(trust)
    for file in files:
        yield verify_einvoice(file.read_bytes(), trusted, user_id).json(str(file), lang)
