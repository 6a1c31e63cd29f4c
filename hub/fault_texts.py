"""Every fault's text, loaded when a process meets a stored code it does not know yet.

A fault at rest is its code and values; the adapter that worded it may never have been loaded where it is shown.
"""

from __future__ import annotations

import importlib
import logging
from functools import lru_cache
from pathlib import Path

from hub.errors import on_unknown_code

log = logging.getLogger("billhub")


@lru_cache(maxsize=1)
def load_all() -> None:
    """Imports the `faults` module of every room and every adapter; one that does not load is passed over."""
    from hub.registry import fault_modules

    root = Path(__file__).parent
    rooms = [
        ".".join(("hub", *path.relative_to(root).with_suffix("").parts)) for path in sorted(root.rglob("faults.py"))
    ]
    for name in (*rooms, "hub.config", "hub.regions", "hub.yaml_text", *fault_modules()):
        try:
            importlib.import_module(name)
        except (ImportError, SyntaxError, ValueError) as error:
            log.warning("the texts of %s cannot be loaded: %s", name, type(error).__name__)


on_unknown_code(load_all)
