"""Adapters and mappings are found, and settings are bound to what the manifest declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.adapter import Manifest
from hub.errors import Config
from hub.registry import AdapterSpec, adapter, adapters, bind, mapping_path

MODES = ["test", "production"]
MANIFEST = Manifest.model_validate(
    {
        "adapter": "his/demo",
        "zh": "示例",
        "en": "demo",
        "speaks": "nothing",
        "doors": ["http"],
        "settings": [
            {"name": "app_id", "required": True, "zh": "应用", "en": "application"},
            {"name": "kinds", "type": "list", "default": "a", "zh": "种类", "en": "kinds"},
            {"name": "key", "type": "file", "zh": "钥匙", "en": "key"},
            {"name": "password", "type": "secret", "zh": "密码", "en": "password"},
            {
                "name": "mode",
                "type": "choice",
                "choices": ["test", "production"],
                "default": "test",
                "zh": "",
                "en": "",
            },
            {"name": "gateway", "type": "url", "zh": "网关", "en": "gateway"},
        ],
    }
)
SPEC = AdapterSpec("his/demo", MANIFEST, Path(), lambda settings: None)


def refused(raw, base=Path()):
    with pytest.raises(Config) as caught:
        bind(SPEC, raw, base)
    assert "<" not in caught.value.what("zh") + caught.value.do("zh")
    return caught.value


def test_every_adapter_of_the_tree_is_found_and_connects_lazily():
    found = adapters()
    root = Path(__file__).parents[2] / "adapters"
    expected = {"/".join(one.parent.parts[-2:]) for one in root.glob("*/*/manifest.yaml")}
    assert set(found) >= expected
    assert expected
    for name, spec in found.items():
        assert spec.manifest.adapter == name
        assert adapter(name) is spec


def test_an_unknown_adapter_names_the_nearest():
    with pytest.raises(Config) as caught:
        adapter("his/hl7v3")
    assert "his/hl7v2" in caught.value.do("en")


def test_defaults_apply_and_one_text_makes_a_list():
    assert bind(SPEC, {"app_id": "1"}, Path()) == {"app_id": "1", "kinds": ["a"], "mode": "test"}
    assert bind(SPEC, {"app_id": "1", "kinds": ["x", "y"]}, Path())["kinds"] == ["x", "y"]
    assert bind(SPEC, {"app_id": "1", "kinds": "x"}, Path())["kinds"] == ["x"]


def test_files_and_variables_are_read(tmp_path, monkeypatch):
    (tmp_path / "a.pem").write_bytes(b"\x00A")
    (tmp_path / "b.txt").write_text(" 密码\n", encoding="utf-8")
    monkeypatch.setenv("BILLHUB_TEST_ID", "007")
    raw = {"app_id": {"env": "BILLHUB_TEST_ID"}, "key": {"file": "a.pem"}, "password": {"file": "b.txt"}}
    bound = bind(SPEC, raw, tmp_path)
    assert (bound["app_id"], bound["key"], bound["password"]) == ("007", b"\x00A", "密码")
    assert bind(SPEC, {"app_id": "1", "key": [{"file": "a.pem"}, "B"]}, tmp_path)["key"] == b"\x00A\nB"


def test_what_does_not_fit_is_refused_with_advice(tmp_path):
    unknown = refused({"appid": "1"})
    assert (unknown.code.code, "app_id" in unknown.do("en")) == ("BH-REG-010", True)
    assert refused({}).code.code == "BH-REG-011"
    assert "production" in refused({"app_id": "1", "mode": "prod"}).do("en")
    for url in ("ftp://x", "http://", "http://a:99999/", "x"):
        assert refused({"app_id": "1", "gateway": url}).code.code == "BH-REG-012"
    assert refused({"app_id": {"env": "BILLHUB_TEST_NOT_SET"}}).code.code == "BH-REG-014"
    assert refused({"app_id": "1", "key": {"file": "none.pem"}}, tmp_path).code.code == "BH-REG-013"
    assert refused({"app_id": "1", "key": {"path": "x"}}).code.code == "BH-REG-012"
    assert refused({"app_id": ["1", "2"]}).code.code == "BH-REG-012"


def test_a_units_own_mapping_comes_first(tmp_path):
    own = tmp_path / "his" / "demo" / "m.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("", encoding="utf-8")
    assert mapping_path("his/demo/m", [tmp_path]) == own
    for name in ("his/demo/none", "../his/demo/m", "", "his//m", "/etc/passwd"):
        with pytest.raises(Config):
            mapping_path(name, [tmp_path])


def test_a_broken_manifest_is_named(tmp_path, monkeypatch):
    package = tmp_path / "odd_adapter_package"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    manifest = package / "manifest.yaml"
    manifest.write_text("adapter: his/odd\nzh: a\nen: a\nspeaks: a\ndoors: [http]\n", encoding="utf-8")
    (package / "adapter.py").write_text("def connect(settings):\n    return settings\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    from importlib.metadata import EntryPoint

    from hub.registry import finding as registry

    point = EntryPoint("odd", "odd_adapter_package", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    adapters.cache_clear()
    try:
        assert adapter("his/odd").connect({"a": 1}) == {"a": 1}
        manifest.write_text("adapter: his/odd\n", encoding="utf-8")
        adapters.cache_clear()
        with pytest.raises(Config) as caught:
            adapters()
        assert str(manifest) in caught.value.where
    finally:
        monkeypatch.undo()
        adapters.cache_clear()
