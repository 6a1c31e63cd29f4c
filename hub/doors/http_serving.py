"""A message under /in/ of an HTTP sender: handed to the handler, or kept where it was refused; always an answer."""

from __future__ import annotations

from collections.abc import Callable

from hub.adapter import Answer, Delivery
from hub.doors import faults
from hub.doors.handler import ENDS, Refuser
from hub.doors.http_answer import answer_for, render
from hub.doors.http_request import Request
from hub.doors.http_server import HttpServer
from hub.doors.http_target import Place
from hub.doors.server import log
from hub.errors import Fault, describe


async def served(
    server: HttpServer, request: Request, place: Place, keeps: Callable[[Request], bool]
) -> tuple[bytes, bool]:
    """The answer's bytes, and whether the connection goes on after them; `keeps` is asked once the handler is done."""
    try:
        answer = await server.handler(place.source, _delivery(server, request, place, request.query.decode("ascii")))
        keep = keeps(request) and not answer.close
        return render(answer, keep=keep), keep
    except Fault as fault:
        answer = answer_for(fault)
    except BaseException as error:  # the last line of defence: a sender never sees a stack trace
        if isinstance(error, ENDS):  # anything else, a Rust library's panic too, is no Exception but an answer
            raise
        _log(place, error)
        answer = answer_for(faults.INTERNAL())
    keep = keeps(request)
    return render(answer, keep=keep), keep


async def refused(server: HttpServer, request: Request, place: Place, fault: Fault, refuse: Refuser) -> Answer:
    """Has what was read of a refused message kept; the answer is in HTTP's own words."""
    try:
        await refuse(place.source, _delivery(server, request, place, ""), fault)
    except Fault as other:
        fault = other if other.code is faults.NO_SUCH_SOURCE else fault
    except Exception as error:  # noqa: BLE001  (the sender is answered, kept or not)
        _log(place, error)
    return answer_for(fault)


def _delivery(server: HttpServer, request: Request, place: Place, query: str) -> Delivery:
    return Delivery(request.take(), server.clock(), "http", request.method.decode(), place.rest, query, request.fields)


def _log(place: Place, error: BaseException) -> None:
    log.error("%s: %s %s", place.source, faults.INTERNAL.code, describe(error))
