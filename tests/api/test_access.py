"""Which bills a key opens: those of the units whose key folder holds it, and no insurer is served at a message door."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.api.access import Access, write_key
from hub.cli.checking import check_paths
from hub.config import load_units
from hub.engine.intake import bind_source
from hub.errors import Config, Reject
from hub.security.tokens import new_key

UNIT = """\
unit: {{id: {id}, name: 示例医院, uscc: "12410100MB00000015", region: "410100"}}
bills:
  outpatient: {{kind: medical_outpatient, type: "0601"}}
insurers:
  - {{id: life, scopes: [{scopes}], sees: {sees}}}
signing: {{keys: keys/{id}}}
"""


def _units(folder: Path, *rows: tuple[str, str, str]) -> None:
    for id_, scopes, sees in rows:
        (folder / f"{id_}.yaml").write_text(UNIT.format(id=id_, scopes=scopes, sees=sees), "utf-8")
        (folder / "keys" / id_).mkdir(parents=True, exist_ok=True)


def test_a_key_opens_only_the_units_that_hold_it(tmp_path: Path) -> None:
    _units(tmp_path, ("a", "bills:read", "issued"), ("b", "bills:read", "issued"))
    text, stored = new_key("life", ("bills:read",))
    other, kept = new_key("life", ("bills:read",))
    write_key(tmp_path / "keys" / "a", stored)
    file = write_key(tmp_path / "keys" / "b", kept)
    assert file.stat().st_mode & 0o777 == 0o600
    access = Access(load_units(tmp_path))
    assert access.caller(f"Bearer {text}", "bills:read").units == ("a",)
    assert access.caller(f"Bearer {other}", "bills:read").units == ("b",)


def test_each_unit_grants_scopes_for_its_own_bills(tmp_path: Path) -> None:
    _units(tmp_path, ("a", "bills:read", "issued"), ("b", "bills:claim", "confirmed"))
    text, stored = new_key("life", ("bills:read", "bills:claim"))
    for unit in ("a", "b"):
        write_key(tmp_path / "keys" / unit, stored)
    access = Access(load_units(tmp_path))
    reading = access.caller(f"Bearer {text}", "bills:read")
    assert (reading.units, "issued" in reading.statuses) == (("a",), True)
    claiming = access.caller(f"Bearer {text}", "bills:claim")
    assert (claiming.units, "issued" in claiming.statuses) == (("b",), False)
    with pytest.raises(Reject) as refused:
        access.caller(f"Bearer {text}", "bills:write")
    assert refused.value.code.code == "BH-SEC-031"


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    _units(tmp_path, ("a", "bills:read", "issued"))
    (tmp_path / "keys" / "a" / "insurer-life.json").write_text("{}", "utf-8")
    with pytest.raises(Config) as fault:
        Access(load_units(tmp_path))
    assert fault.value.code.code == "BH-API-004"


def test_an_insurers_dialect_is_no_source(tmp_path: Path) -> None:
    """At a message door it would be served without a key."""
    _units(tmp_path, ("a", "bills:read", "issued"))
    file = tmp_path / "a.yaml"
    source = "sources:\n  life: {adapter: insurance/rest, settings: {cursor_key: 0123456789abcdef}}\n"
    file.write_text(file.read_text("utf-8") + source, "utf-8")
    with pytest.raises(Config) as fault:
        bind_source(load_units(tmp_path)[0], "life")
    assert fault.value.code.code == "BH-ENG-019"
    _, findings = check_paths([file])
    assert [(found.fault.code.code, found.line) for found in findings] == [("BH-ENG-019", 8)]
