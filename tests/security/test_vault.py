"""Encryption at rest."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Config
from hub.security.vault import OVERHEAD, Vault, open_vault, read_master_keys, rotate

VAULT = Vault([bytes(range(32))])


def code_of(vault: Vault, unit: str, aad: bytes, sealed: bytes) -> str:
    with pytest.raises(Config) as caught:
        vault.open(unit, aad, sealed)
    return caught.value.code.code


@given(st.binary(max_size=300), st.binary(max_size=30), st.text(max_size=20))
def test_what_was_sealed_opens(plain: bytes, aad: bytes, unit: str) -> None:
    sealed = VAULT.seal(unit, aad, plain)
    assert VAULT.open(unit, aad, sealed) == plain
    assert len(sealed) == len(plain) + OVERHEAD
    assert VAULT.seal(unit, aad, plain) != sealed


def test_sealed_alike_is_the_same_for_the_same_and_opens_as_ever() -> None:
    sealed = VAULT.seal_alike("demo", b"refused", b"found")
    assert VAULT.seal_alike("demo", b"refused", b"found") == sealed
    assert VAULT.open("demo", b"refused", sealed) == b"found"
    others = [VAULT.seal_alike("other", b"refused", b"found"), VAULT.seal_alike("demo", b"refused", b"foun")]
    others += [VAULT.seal_alike("demo", b"refuse", b"found"), VAULT.seal("demo", b"refused", b"found")]
    assert len({sealed[5:17], *(other[5:17] for other in others)}) == 5


def test_any_changed_bit_any_cut_and_any_other_place_is_a_fault() -> None:
    sealed = VAULT.seal("demo", b"bill/1", b"personal")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        assert code_of(VAULT, "demo", b"bill/1", changed) in {"BH-SEC-022", "BH-SEC-023"}
        assert code_of(VAULT, "demo", b"bill/1", sealed[:at]) in {"BH-SEC-022", "BH-SEC-023"}
    assert code_of(VAULT, "other", b"bill/1", sealed) == "BH-SEC-022"
    assert code_of(VAULT, "demo", b"bill/2", sealed) == "BH-SEC-022"
    assert code_of(Vault([os.urandom(32)]), "demo", b"bill/1", sealed) == "BH-SEC-023"


def test_the_key_file_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    first = open_vault(path, has_data=False)
    assert first.created
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = open_vault(path, has_data=True)
    assert not again.created
    assert again.vault.open("u", b"", first.vault.seal("u", b"", b"x")) == b"x"
    assert [child.name for child in tmp_path.iterdir()] == ["master.key"]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_vault(tmp_path / "k", has_data=False), range(8)))
    assert sum(each.created for each in opened) == 1
    sealed = opened[0].vault.seal("u", b"", b"x")
    assert all(each.vault.open("u", b"", sealed) == b"x" for each in opened)


def test_a_lost_key_file_is_never_replaced_over_data(tmp_path: Path) -> None:
    with pytest.raises(Config) as caught:
        open_vault(tmp_path / "master.key", has_data=True)
    assert caught.value.code.code == "BH-SEC-020"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", [b"", b"\n", b"abc\n", b"QUJD\n", b"A" * 43 + b"=\n!\n"])
def test_a_broken_key_file(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "k").write_bytes(text)
    with pytest.raises(Config) as caught:
        open_vault(tmp_path / "k", has_data=False)
    assert caught.value.code.code == "BH-SEC-021"


def test_after_rotation_old_seals_open_and_hashes_stay(tmp_path: Path) -> None:
    path = tmp_path / "k"
    old = open_vault(path, has_data=False).vault
    sealed, found = old.seal("u", b"", b"x"), old.search_hash("u", "phone", "13800138000")
    rotate(path)
    new = open_vault(path, has_data=True).vault
    assert len(read_master_keys(path)) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert new.open("u", b"", sealed) == b"x"
    assert new.needs_reseal(sealed)
    assert not new.needs_reseal(new.seal("u", b"", b"x"))
    assert new.search_hash("u", "phone", "13800138000") == found
    assert code_of(old, "u", b"", new.seal("u", b"", b"x")) == "BH-SEC-023"


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("id_no", "11010519491231002x", " 110105 19491231 002X "),
        ("phone", "13800138000", "+86 138-0013-8000"),
        ("name", "张 三", "张三"),
        ("name", "Ａnna", "anna"),
        ("name", "买买提·艾力", "买买提•艾力"),
        ("name_prefix", "张三丰", "张三"),
    ],
)
def test_the_same_person_is_found_however_he_was_typed(kind: str, one: str, other: str) -> None:
    assert VAULT.search_hash("u", kind, one) == VAULT.search_hash("u", kind, other)


def test_hashes_tell_values_kinds_and_units_apart() -> None:
    made = {VAULT.search_hash(u, k, t) for u in ("a", "b") for k in ("name", "name_prefix") for t in ("张三", "李四")}
    assert len(made) == 8
    assert {len(each) for each in made} == {16}
    assert VAULT.search_hash("u", "phone", "861380013800") != VAULT.search_hash("u", "phone", "1380013800")
    with pytest.raises(KeyError):
        VAULT.search_hash("u", "nonsense", "x")


def test_the_hubs_own_secrets_differ_by_purpose_and_survive_rotation() -> None:
    made = {VAULT.secret("cursor"), VAULT.secret("search"), VAULT.secret("data"), VAULT.secret("")}
    assert {len(each) for each in made} == {32}
    assert len(made) == 4
    assert Vault([bytes(range(32)), os.urandom(32)]).secret("cursor") == VAULT.secret("cursor")
