"""The verbs over files: reading samples, explaining them, running the tests beside mappings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.cli.check_mappings import check_mapping_files
from hub.cli.explaining import explain_files
from hub.cli.reading import json_tree, messages_of, read_files, request_of, settings_of
from hub.cli.testing import run_tests
from hub.errors import Config
from hub.registry import adapter, bind
from tests.mapping.trees import AT, xml

MAPPING = """mapping: his/own/pay
reads: hl7v2
when: {MSH-9.1: DFT}
events:
  - emit: payment
    each: FT1
    fields:
      channel:    {const: "02"}
      charge_no:  {from: PV1-19.1}
      amount_fen: {from: FT1-11.1.1, via: [yuan]}
"""
TEST = """mapping: his/own/pay
adapter: his/hl7v2
cases:
  - {name: one, sample: samples/one.hl7, at: "2026-03-01T10:16:00+08:00", expect: expected/one.json}
"""
HL7 = (
    "MSH|^~\\&|HIS|H|HUB|B|20260301101500||DFT^P03|M1|P|2.4|||||||UNICODE UTF-8\r"
    "PID|1||P1^^^H||测试^甲\rPV1|1|O|||||||||||||||||V0001\r"
    "FT1|1|||20260301101500||CG|CXR^胸片||||80.00&CNY\r"
)


@pytest.fixture
def folder(tmp_path) -> Path:
    own = tmp_path / "his" / "own"
    (own / "samples").mkdir(parents=True)
    (own / "pay.yaml").write_text(MAPPING, encoding="utf-8")
    (own / "pay.test.yaml").write_text(TEST, encoding="utf-8")
    (own / "samples" / "one.hl7").write_bytes(HL7.encode())
    return own


def test_a_test_fails_until_its_golden_file_is_written_and_fails_again_when_it_lies(folder):
    assert not run_tests([folder]).ok
    updated = run_tests([folder], update=True)
    assert updated.ok
    assert updated.results[0].updated
    assert run_tests([folder], coverage=True).ok
    golden = folder / "expected" / "one.json"
    made = json.loads(golden.read_text(encoding="utf-8"))
    assert made["messages"][0]["events"][0]["amount_fen"] == 8000
    golden.write_text(golden.read_text(encoding="utf-8").replace("8000", "8001"), encoding="utf-8")
    (result,) = run_tests([folder / "pay.yaml"]).results
    assert not result.ok
    assert "8001" in result.difference


def test_a_test_file_is_linted(folder):
    (folder / "pay.test.yaml").write_text(TEST.replace("one.hl7", "two.hl7").replace("adapter", "adaptor"), "utf-8")
    codes = [one.fault.code.code for one in check_mapping_files([folder])]
    assert sorted(codes) == ["BH-MAP-102", "BH-MAP-103", "BH-MAP-121"]
    assert not run_tests([folder]).ok


def test_a_question_is_for_adapters_that_ask(folder):
    (folder / "pay.test.yaml").write_text(TEST.replace("expect:", "question: {orderId: A1}, expect:"), "utf-8")
    run = run_tests([folder])
    assert [fault.code.code for fault in run.faults] == ["BH-CLI-005"]
    assert not run.ok
    (folder / "pay.test.yaml").write_text(TEST.replace("expect:", "question: A1, expect:"), "utf-8")
    assert not run_tests([folder]).ok


def test_no_test_at_all_is_no_success(tmp_path):
    assert not run_tests([tmp_path]).ok
    with pytest.raises(FileNotFoundError):
        run_tests([tmp_path / "none"])


def test_explaining_a_sample_gives_events_and_reasons(folder):
    sample = folder / "samples" / "one.hl7"
    (line,) = explain_files(folder / "pay.yaml", [sample], {}, AT, True, adapter_name="his/hl7v2")
    assert (line["ok"], line["index"], line["events"][0]["charge_no"]) == (True, 0, "V0001")
    amount = next(one for one in line["fields"] if one["field"] == "amount_fen")
    assert (amount["from"], amount["text"], amount["value"]) == ("FT1-11.1.1", "80.00", 8000)
    json.dumps(line)
    sample.write_bytes(HL7.replace("80.00", "x").encode())
    (line,) = explain_files(folder / "pay.yaml", [sample], {}, AT, adapter_name="his/hl7v2")
    assert (line["ok"], line["error"]["code"]) == (False, "BH-MAP-004")


def test_reading_shows_the_tree_or_the_error(folder):
    sample = folder / "samples" / "one.hl7"
    (line,) = read_files("his/hl7v2", [sample], {}, AT)
    assert (line["ok"], line["charset"]) == (True, "UTF-8")
    assert line["tree"]["segments"][3][0] == "FT1"
    assert set(line) == {"file", "index", "ok", "kind", "charset", "tree", "warnings"}
    sample.write_bytes(b"nothing")
    (line,) = read_files("his/hl7v2", [sample], {}, AT)
    assert not line["ok"]
    assert set(line["error"]) >= {"code", "what", "do"}


def test_a_raw_request_is_taken_apart():
    raw = b"POST /in/u/s/api/method?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabc\n"
    delivery = request_of(raw, AT)
    assert (delivery.method, delivery.path, delivery.query) == ("POST", "api/method", "a=1")
    assert (delivery.body, delivery.headers["x-a"]) == (b"abc", "b")
    assert request_of(b"GET /x HTTP/1.1\nA: b\n\nbody\r\n\r\nmore", AT).body == b"body\r\n\r\nmore"
    for broken in (b"", b"abc", b"POST /x HTTP/1.1\nno colon\n\n"):
        with pytest.raises(Config):
            request_of(broken, AT)


def test_set_options_are_settings():
    assert settings_of(["a=1=2", "k=@f.pem", "l=x", "l=y"]) == {"a": "1=2", "k": {"file": "f.pem"}, "l": ["x", "y"]}
    with pytest.raises(Config):
        settings_of(["a"])


def test_elements_become_json():
    tree = xml('<a b="1"><!-- no --><c>文</c><d/></a>')
    children = [{"name": "c", "text": "文"}, {"name": "d"}]
    assert json_tree(tree) == {"name": "a", "attributes": {"b": "1"}, "children": children}
    assert json_tree({"x": [b"ab", None, 1.5]}) == {"x": ["ab", None, "1.5"]}


def test_any_bytes_are_read_or_refused(folder):
    spec = adapter("his/hl7v2")
    source = spec.connect(bind(spec, {}, folder))
    for content in (b"", b"\xff\xfe", HL7.encode()[:50], b"MSH|"):
        (folder / "x.hl7").write_bytes(content)
        assert messages_of(spec, source, folder / "x.hl7", AT)[0].fault is not None or content.startswith(b"MSH|^")
