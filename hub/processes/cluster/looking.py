"""Readers and pages over the shared ledger, made when first asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hub.ledger.postgres import open_reader
from hub.processes.cluster.child import ClusterChild
from hub.processes.pages import LazyApp

if TYPE_CHECKING:
    from hub.ledger.reader import Reader


def late_reader(child: ClusterChild) -> Callable[[], Reader]:
    """A reader that is made when first asked for."""

    @functools.cache
    def look() -> Reader:
        return open_reader(child.hub.dsn(writes=False), child.vault)

    return look


def cluster_app(child: ClusterChild) -> LazyApp:
    """Pages and APIs of the child's units."""

    def make() -> Any:
        from hub.processes.app import app_over

        return app_over(late_reader(child)(), child.vault, child.home, child.units)

    return LazyApp(make)
