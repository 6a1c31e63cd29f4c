"""Probes of a machine that shows no pages: the parent itself answers them, with nothing of FastAPI loaded."""

from __future__ import annotations

import json
import socket
from typing import Any, Final
from urllib.parse import parse_qs

from hub.adapter import Answer, Delivery
from hub.api.probes import ready_answer
from hub.doors.asgi import Receive, Scope, Send
from hub.doors.faults import NO_SUCH_SOURCE
from hub.doors.http import serve_http
from hub.doors.http_server import HttpServer
from hub.metrics.checks import MESSAGES
from hub.metrics.text import MEDIA_TYPE
from hub.processes.board import Board
from hub.processes.probes import page

_PLAIN: Final = "text/plain; charset=utf-8"
Page = tuple[int, str, bytes]


async def serve_probes(sock: socket.socket, board: Board) -> HttpServer:
    """Answers on a bound socket."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        status, kind, body = _page(board, scope)
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return await serve_http(sock, _nobody, app)


def _page(board: Board, scope: Scope) -> Page:
    path = scope["path"]
    if path not in {"/healthz", "/readyz", "/metrics"}:
        return 404, _PLAIN, b"not found"
    if scope["method"] not in {"GET", "HEAD"}:
        return 405, _PLAIN, b"GET or HEAD"
    if path == "/healthz":
        return 200, _PLAIN, b"ok"
    posted = board.posted()
    if path == "/metrics":
        return 200, MEDIA_TYPE, page(posted, []).encode()
    asked: dict[str, Any] = parse_qs(scope["query_string"].decode("latin-1"))
    found = posted.messages if asked.get("for") == [MESSAGES] else posted.ready
    language = dict(scope["headers"]).get(b"accept-language", b"").strip().lower()
    status, body, kind = ready_answer(found, language.startswith(b"en"))
    return status, kind, json.dumps(body, ensure_ascii=False).encode()


async def _nobody(source: str, delivery: Delivery) -> Answer:  # noqa: ARG001
    """There are no doors here."""
    raise NO_SUCH_SOURCE()
