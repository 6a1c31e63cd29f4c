"""`billhub explain`: the events a mapping makes of each message of a sample, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.adapter import Message
from hub.cli.reading import messages_of
from hub.errors import Fault, Lang
from hub.mapping import Made, load_mapping, run_first_matching
from hub.mapping import Mapping as Translation
from hub.mapping.explain import explain
from hub.registry import adapter, bind, mapping_path


def explain_files(
    mapping: str | Path,
    samples: Sequence[Path],
    settings: Mapping[str, Any],
    at: datetime,
    why: bool = False,
    *,
    adapter_name: str = "",
    base: Path = Path(),
    folders: Sequence[Path] = (),
    lang: Lang = "zh",
) -> Iterator[dict[str, Any]]:
    """The `explain` lines of contract.md.

    Args:
        mapping: a mapping's name, or its file.
        samples: bodies, or raw requests in `.http` files.
        settings: raw settings of the adapter, as in a unit's YAML.
        at: the time of receipt, with offset.
        why: also every field with its path, text and transforms.
        adapter_name: the adapter, where the mapping's own name does not say it.
        base: where `{file: …}` settings start.
        folders: a unit's own mapping folders.
        lang: the language of errors.

    Raises:
        Config: no such mapping or adapter, findings in the mapping, or settings the adapter does not take.
        OSError: a sample that cannot be read.
    """
    loaded = load_mapping(file_of(mapping, folders))
    spec = adapter(adapter_name or adapter_of(loaded.name))
    source = spec.connect(bind(spec, settings, base))
    for sample in samples:
        for message in messages_of(spec, source, sample, at):
            yield {"file": str(sample), **_line(loaded, message, at, why, lang)}


def file_of(mapping: str | Path, folders: Sequence[Path] = ()) -> Path:
    """A mapping's file, by path or by name.

    Raises:
        Config: there is none.
    """
    path = Path(mapping)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path
    return mapping_path(str(mapping), folders)


def adapter_of(mapping_name: str) -> str:
    """his/hl7v2/dft-p03 → his/hl7v2."""
    return "/".join(mapping_name.split("/")[:2])


def _line(loaded: Translation, message: Message, at: datetime, why: bool, lang: Lang) -> dict[str, Any]:
    line: dict[str, Any] = {"index": message.index}
    if message.fault is not None:
        return {**line, "ok": False, "error": message.fault.json(lang)}
    try:
        made: Made = run_first_matching((loaded,), message.tree, at)
        line |= {
            "ok": True,
            "events": [event.to_dict() for event in made.events],
            "flags": [flag.json() for flag in made.flags],
        }
    except Fault as fault:
        line |= {"ok": False, "error": fault.json(lang)}
    if why:
        try:
            line["fields"] = [one.json() for one in explain(loaded, message.tree, at)]
        except Fault:  # the same fault as above: there is nothing to explain field by field
            line["fields"] = []
    return line
