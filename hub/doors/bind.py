"""Listening sockets, made before any process is split off, so that a port in use is known at start.

Address re-use is always set: after kill -9 the port can be bound again at once. The default host is loopback.
"""

from __future__ import annotations

import errno
import socket
import sys

from hub.doors.faults import NO_SUCH_ADDRESS, NO_SUCH_PORT, PORT_FORBIDDEN, PORT_IN_USE

LOOPBACK = "127.0.0.1"
BACKLOG = 1024


def bind(host: str = LOOPBACK, port: int = 0, *, reuse: bool = False) -> socket.socket:
    """A bound, listening, non-blocking TCP socket; port 0 lets the system choose.

    `reuse` lets several processes bind the same port (SO_REUSEPORT) and the kernel spread connections over them.

    Raises:
        Config: the port is in use or not permitted, or the address is not one of this machine.
    """
    where = f"{host}:{port}"
    if not 0 <= port <= 65535:  # the system's resolver would silently take it modulo 65536
        raise NO_SUCH_PORT(where, port=port)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise NO_SUCH_ADDRESS(where, host=host) from None
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse and sys.platform != "win32":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise PORT_IN_USE(where, port=port) from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise PORT_FORBIDDEN(where, port=port) from None
        raise NO_SUCH_ADDRESS(where, host=host) from None
    return made
