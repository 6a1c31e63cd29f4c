"""deploy/requirements-cluster.lock: what its extras bring beyond requirements.lock, cut from the tests' lock.

`python -m tests.deploy.lock` writes it.
"""

from __future__ import annotations

import re
from importlib.metadata import requires
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "deploy" / "requirements-cluster.lock"
_HEAD: Final = (
    "# Cut from requirements-dev.lock by `python -m tests.deploy.lock`: the packages of billhub[cluster,trace].\n"
)
_ENTRY: Final = re.compile(r"^([A-Za-z0-9._-]+)==.*?(?=^[A-Za-z0-9])", re.MULTILINE | re.DOTALL)


def entries(lock: Path) -> dict[str, str]:
    """Package → its lines."""
    text = lock.read_text("utf-8") + "end"
    return {canonicalize_name(found[1]): found[0] for found in _ENTRY.finditer(text)}


def needed(name: str, extras: frozenset[str], found: set[str]) -> set[str]:
    """A package and everything it needs on this machine, as it is installed."""
    for line in requires(name) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (extras or {""})):
            key = canonicalize_name(requirement.name)
            if key not in found:
                found.add(key)
                needed(key, frozenset(requirement.extras), found)
    return found


def cluster_lock() -> str:
    """The file's content."""
    known, base = entries(ROOT / "requirements-dev.lock"), entries(ROOT / "requirements.lock")
    wanted = sorted(needed("billhub", frozenset({"cluster", "trace"}), set()) - base.keys())
    return _HEAD + "".join(re.sub(r"^ +#.*\n", "", known[name], flags=re.MULTILINE) for name in wanted)


if __name__ == "__main__":
    FILE.write_text(cluster_lock(), "utf-8")
