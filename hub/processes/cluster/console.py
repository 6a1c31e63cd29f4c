"""A process that serves pages and APIs only: operators, insurers and probes, where no doors are."""

from __future__ import annotations

import socket

from hub.adapter import Answer, Delivery
from hub.doors.faults import NO_SUCH_SOURCE
from hub.doors.http import serve_http
from hub.processes.cluster.child import ClusterChild, run_cluster_child
from hub.processes.cluster.looking import cluster_app

DRAIN_SECONDS = 6.0


async def _nobody(source: str, delivery: Delivery) -> Answer:  # noqa: ARG001
    """There are no doors here."""
    raise NO_SUCH_SOURCE()


async def main(child: ClusterChild) -> None:
    """Runs a console process."""
    app = cluster_app(child)
    child.on_reload = app.forget
    server = await serve_http(socket.socket(fileno=child.plan.http), _nobody, app)
    child.ready()
    await child.stopping.wait()
    await server.close(DRAIN_SECONDS)


if __name__ == "__main__":
    run_cluster_child("console", main)
