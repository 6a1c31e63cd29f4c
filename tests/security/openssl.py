"""The judge: the `openssl` command line, which shares no code with the hub's own encoders and readers."""

from __future__ import annotations

import subprocess
from pathlib import Path

USER_ID = "1234567812345678"


def run(*arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, timeout=30)


def output(*arguments: str, given: bytes | None = None) -> bytes:
    done = run(*arguments, given=given)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def public_pem(folder: Path, spki: bytes) -> Path:
    path = folder / "public.pem"
    path.write_bytes(output("pkey", "-pubin", "-inform", "DER", given=spki))
    return path


def accepts(folder: Path, spki: bytes, data: bytes, signature: bytes, user_id: str = USER_ID) -> bool:
    """`openssl dgst` on exactly these bytes."""
    (folder / "data").write_bytes(data)
    (folder / "signature").write_bytes(signature)
    done = run(
        "dgst",
        "-sm3",
        "-verify",
        str(public_pem(folder, spki)),
        "-sigopt",
        f"distid:{user_id}",
        "-signature",
        str(folder / "signature"),
        str(folder / "data"),
    )
    assert b"Verified OK" in done.stdout or b"erification failure" in done.stdout + done.stderr, done.stderr
    return b"Verified OK" in done.stdout


def sign(folder: Path, key_pem: bytes, data: bytes, user_id: str = USER_ID) -> bytes:
    """`openssl pkeyutl` over the message."""
    (folder / "key.pem").write_bytes(key_pem)
    (folder / "data").write_bytes(data)
    return output(
        *("pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{user_id}"),
        *("-inkey", str(folder / "key.pem"), "-in", str(folder / "data")),
    )
