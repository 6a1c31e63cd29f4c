"""Writes everything that is generated from code: `python -m tests.generate`, or with `--check` fails where it is stale.

The same sources give the same bytes; nothing here looks at the clock or the machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hub.bill.codes_doc import codes_markdown
from hub.bill.schemas import schemas
from hub.mapping.schema import mapping_schema_text
from tests.docs.pages.adapters import adapters_page
from tests.docs.pages.errors import errors_page
from tests.docs.pages.metrics import metrics_page
from tests.docs.pages.settings import hub_page, hub_schema_text, settings_page, traces_schema_text, unit_schema_text
from tests.docs.pages.transforms import transforms_table

ROOT: Final = Path(__file__).resolve().parent.parent
WHOLE: Final[dict[str, Callable[[], str]]] = {
    "schema/mapping.v1.json": mapping_schema_text,
    "schema/hub.v1.json": hub_schema_text,
    "schema/traces.v1.json": traces_schema_text,
    "schema/unit.v1.json": unit_schema_text,
    "docs/adapters.md": adapters_page,
    "docs/codes.md": codes_markdown,
    "docs/errors.md": errors_page,
    "docs/hub-file.md": hub_page,
    "docs/metrics.md": metrics_page,
    "docs/settings.md": settings_page,
}
PARTS: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    "docs/mapping-language.md": ("transforms", transforms_table),
}
"""Page → the name of its generated part, between `<!-- NAME -->` and `<!-- /NAME -->`, and what writes it."""


def generated(root: Path = ROOT) -> dict[Path, str]:
    """Every generated file with the text it should have.

    Raises:
        ValueError: a page has lost the marks around its generated part.
    """
    texts = {name: write() for name, write in WHOLE.items()}
    texts |= {f"schema/{name}": text for name, text in schemas().items()}
    for name, (part, write) in PARTS.items():
        texts[name] = replaced((root / name).read_text("utf-8"), part, write(), name)
    return {root / name: text for name, text in sorted(texts.items())}


def replaced(page: str, part: str, text: str, name: str = "") -> str:
    """A page with its generated part exchanged.

    Raises:
        ValueError: the marks are not there.
    """
    head, opened, rest = page.partition(f"<!-- {part} -->\n")
    _, closed, tail = rest.partition(f"<!-- /{part} -->")
    if not opened or not closed:
        raise ValueError(f"{name}: no <!-- {part} --> … <!-- /{part} -->")
    return f"{head}{opened}{text}{closed}{tail}"


def stale(root: Path = ROOT) -> dict[Path, str]:
    """The generated files whose text on disk differs, with the text they should have."""
    return {
        path: text for path, text in generated(root).items() if not path.is_file() or path.read_text("utf-8") != text
    }


def main(arguments: list[str]) -> int:
    """0 when all is written or up to date, 1 when `--check` finds a stale file, 2 when called wrongly."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m tests.generate [--check]", file=sys.stderr)
        return 2
    old = stale()
    for path, text in old.items():
        if arguments:
            print(f"{path.relative_to(ROOT)} is stale: run python -m tests.generate", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))
    return 1 if arguments and old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
