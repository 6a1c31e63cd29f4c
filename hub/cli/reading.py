"""`billhub read`: what the hub sees in a message before any mapping, one JSON-ready dict a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lxml import etree

from hub.adapter import Asker, Delivery, Message, Question, Response, Source
from hub.cli.faults import BAD_REQUEST_FILE, BAD_SET, NO_ASKER
from hub.errors import Config, Fault, Lang
from hub.registry import AdapterSpec, adapter, bind

_DEPTH: Final = 200


def settings_of(sets: Sequence[str]) -> dict[str, Any]:
    """`--set` options as raw settings: NAME=VALUE, NAME=@FILE; a name given twice makes a list.

    Raises:
        Config: an option without `=`.
    """
    made: dict[str, Any] = {}
    for one in sets:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise BAD_SET(found=one[:40])
        given: Any = {"file": value[1:]} if value.startswith("@") else value
        if name not in made:
            made[name] = given
        elif isinstance(made[name], list):
            made[name].append(given)
        else:
            made[name] = [made[name], given]
    return made


def read_files(
    adapter_name: str,
    files: Sequence[Path],
    settings: Mapping[str, Any],
    at: datetime,
    *,
    base: Path = Path(),
    lang: Lang = "zh",
) -> Iterator[dict[str, Any]]:
    """The `read` lines of contract.md.

    Args:
        adapter_name: family/vendor.
        files: bodies, or raw requests in `.http` files.
        settings: raw settings, as in a unit's YAML.
        at: the time of receipt, with offset.
        base: where `{file: …}` settings start.
        lang: the language of errors.

    Raises:
        Config: no such adapter, or settings it does not take.
        OSError: a file that cannot be read.
    """
    spec = adapter(adapter_name)
    source = spec.connect(bind(spec, settings, base))
    for file in files:
        for message in messages_of(spec, source, file, at):
            line: dict[str, Any] = {"file": str(file), "index": message.index}
            if message.fault is not None:
                yield {**line, "ok": False, "error": message.fault.json(lang)}
            else:
                yield {
                    **line,
                    "ok": True,
                    "kind": message.kind,
                    "charset": message.charset,
                    "tree": json_tree(message.tree),
                    "warnings": list(message.warnings),
                }


def messages_of(spec: AdapterSpec, source: Source, file: Path, at: datetime) -> list[Message]:
    """The messages of a file; one that is refused as a whole is a single message with its fault.

    Raises:
        Config: a `.http` file that is no request.
        OSError: the file cannot be read.
    """
    delivery = delivery_of(file, at, spec)
    try:
        return list(source.read(delivery))
    except Config:
        raise
    except Fault as fault:
        return [Message(0, delivery.body, "", b"", fault=fault)]


def answer_messages(spec: AdapterSpec, source: Source, file: Path, question: Mapping[str, str]) -> list[Message]:
    """What an asking adapter makes of a file as the answer to its question; a fault is a single message with it.

    Raises:
        Config: an adapter that does not ask.
        OSError: the file cannot be read.
    """
    if not isinstance(source, Asker):
        raise NO_ASKER(spec.name, adapter=spec.name)
    body = file.read_bytes()
    try:
        return list(source.understand(Question(fields=dict(question)), Response(200, body)))
    except Config:
        raise
    except Fault as fault:
        return [Message(0, body, "", b"", fault=fault)]


def delivery_of(file: Path, at: datetime, spec: AdapterSpec) -> Delivery:
    """A file as its adapter's first door would deliver it, or the request a `.http` file holds.

    Raises:
        Config: a `.http` file that is no request.
        OSError: the file cannot be read.
    """
    content = file.read_bytes()
    if file.suffix == ".http":
        return request_of(content, at, str(file))
    door = spec.manifest.doors[0] if spec.manifest.doors else "http"
    return Delivery(content, at, door=door, name=file.name)


def request_of(content: bytes, at: datetime, name: str = "") -> Delivery:
    """A raw request, head and body. The head may end its lines with CRLF or LF; `/in/{unit}/{source}/` is taken off.

    Raises:
        Config: no request line, or a header without a colon.
    """
    crlf, lf = content.find(b"\r\n\r\n"), content.find(b"\n\n")
    if crlf >= 0 and (lf < 0 or crlf < lf):
        head, body = content[:crlf], content[crlf + 4 :]
    elif lf >= 0:
        head, body = content[:lf], content[lf + 2 :]
    else:
        head, body = content, b""
    request_line, *lines = head.decode("latin-1").splitlines() or [""]
    words = request_line.split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise BAD_REQUEST_FILE(name, reason="1")
    headers: dict[str, str] = {}
    for number, line in enumerate(lines, start=2):
        key, colon, value = line.partition(":")
        if not colon or not key.strip():
            raise BAD_REQUEST_FILE(name, reason=str(number))
        headers[key.strip().lower()] = value.strip()
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        body = body[: int(length)]  # what an editor put behind the body is none of it
    target, _, query = words[1].partition("?")
    parts = target.lstrip("/").split("/")
    path = "/".join(parts[3:] if parts[0] == "in" else parts)
    return Delivery(body, at, method=words[0].upper(), path=path, query=query, headers=headers)


def json_tree(tree: Any, depth: int = 0) -> Any:
    """A tree as JSON values: an element as name, attributes, text and children; nothing nested beyond reason."""
    if depth > _DEPTH:
        return "…"
    if etree.iselement(tree):
        shown: dict[str, Any] = {"name": str(tree.tag)}
        if tree.attrib:
            shown["attributes"] = {str(key): str(value) for key, value in tree.attrib.items()}
        if tree.text and tree.text.strip():
            shown["text"] = tree.text
        children = [json_tree(child, depth + 1) for child in tree if isinstance(child.tag, str)]
        if children:
            shown["children"] = children
        return shown
    if isinstance(tree, Mapping):
        return {str(key): json_tree(value, depth + 1) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [json_tree(value, depth + 1) for value in tree]
    if isinstance(tree, (bytes, bytearray)):
        return bytes(tree).decode("utf-8", "replace")
    if tree is None or isinstance(tree, (str, bool, int)):
        return tree
    return str(tree)
