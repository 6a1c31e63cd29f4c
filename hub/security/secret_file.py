"""Secrets in files of their own: read when they are needed, so that a new one takes effect without a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hub.errors import Config, define

NO_SECRET: Final = define(
    "BH-CFG-016",
    Config,
    zh="读不了密钥文件 {path}:{why}",
    en="the secret file {path} cannot be read: {why}",
    do_zh="检查路径(相对于写它的文件)、内容和权限",
    do_en="check its path, relative to the file that names it, its content and its permissions",
)


def read_secret(path: Path, where: str = "", name: str = "") -> str:
    """The secret in a file, without the line's end; `where` and `name` are what a fault calls it by.

    Raises:
        Config: it cannot be read, or it is empty.
    """
    try:
        text = path.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise NO_SECRET(where, path=name or path, why=type(error).__name__) from None
    if not text:
        raise NO_SECRET(where, path=name or path, why="it is empty")
    return text
