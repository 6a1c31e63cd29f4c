"""Each mistake in a mapping gives one finding: where it is, its code, and what to write."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from hub.errors import Config
from hub.mapping import lint_mapping, load_mapping
from hub.mapping.model import MappingFile
from hub.mapping.schema import mapping_schema, mapping_schema_text
from hub.yaml_text import read_yaml
from tests.mapping.trees import DATA, written

GOOD = """mapping: m
reads: hl7v2
when: {MSH-9.1: DFT}
tables:
  items: items.csv
events:
  - emit: charge
    fields:
      charge_no:   {from: PV1-19.1, via: [trim]}
      payer.name:  {from: PID-5.1}
      occurred_at: {from: EVN-2, via: [hl7_time]}
    items:
      each: FT1
      where: {FT1-6: [CG, CD]}
      fields:
        code:       {from: FT1-7.1, via: [{table: items}]}
        name:       {first: [FT1-7.2, FT1-8]}
        quantity:   {from: FT1-10, via: [decimal]}
        amount_fen: {from: FT1-11.1.1, via: [yuan, {credit_if: {FT1-6: CD}}]}
"""
TABLE = "from,to\nA,01\n"

MISTAKES = [
    # what is written instead, with what; line and column; code; what to write
    ("reads: hl7v2", "reads: hl7", "2:1", 104, "hl7v2"),
    ("reads: hl7v2", "read: hl7v2", "2:1", 102, "reads"),
    ("emit: charge", "emit: chrage", "7:5", 105, "charge"),
    ("payer.name: ", "name: ", "10:7", 106, "payer.name"),
    ("amount_fen: ", "amount: ", "19:9", 106, "amount_fen"),
    ("via: [trim]", "via: [trimm]", "9:43", 107, "trim"),
    ("via: [trim]", "via: [max]", "9:43", 108, "{max: '2'}"),
    ("via: [trim]", "via: [{trim: x}]", "9:44", 108, "trim"),
    ("via: [trim]", "via: [{split: ['-', 0]}]", "9:44", 108, "split"),
    ("via: [trim]", "via: [{match: '(a+)+'}]", "9:44", 108, "match"),
    ("via: [trim]", "via: [yuan]", "9:7", 114, "trim"),
    ("via: [trim]", "via: trim", "9:37", 101, "via: [trim"),
    ("items.csv", "missing.csv", "5:3", 109, "from,to"),
    ("table: items", "table: item", "16:44", 110, "items"),
    ("from: PV1-19.1", "from: PV1.19", "9:21", 111, "PID-5.1"),
    ("when: {MSH-9.1: DFT}", "when: {MSH9: DFT}", "3:8", 111, "PID-5.1"),
    ("where: {FT1-6: [CG, CD]}", "where: {type: CG}", "14:15", 111, "PID-5.1"),
    ("events:\n", "require: FT1\nevents:\n", "6:1", 101, "require: ["),
    ("events:\n", "require: [FT1]\nevents:\n", "6:11", 101, "require: ["),
    ("events:\n", "require: [{each: FT1}]\nevents:\n", "6:11", 103, "holds: {"),
    ("events:\n", "require: [{each: FT1, hold: {FT1-6: CG}, holds: {FT1-6: CG}}]\nevents:\n", "6:23", 102, "holds"),
    ("events:\n", "require: [{each: FT1, holds: {FT1.6: CG}}]\nevents:\n", "6:31", 111, "PID-5.1"),
    ("      each: FT1\n", "      each: FT1-7\n", "13:7", 111, "FT1"),
    ("      payer.name:  {from: PID-5.1}\n", "", "7:5", 112, "payer.name: {from: PID-5.1}"),
    ("via: [yuan, {credit_if: {FT1-6: CD}}]", "via: [trim]", "19:9", 113, "yuan"),
    (", via: [hl7_time]", "", "11:7", 114, "hl7_time"),
    ("[yuan, {credit_if: {FT1-6: CD}}]", "[yuan, trim]", "19:52", 115, "via"),
    ("{first: [FT1-7.2, FT1-8]}", "{first: FT1-7.2}", "17:22", 101, "first: [FT1-7.2"),
    ("{first: [FT1-7.2, FT1-8]}", "{from: FT1-8, const: x}", "17:9", 101, "{from: PID-5.1}"),
    ("{first: [FT1-7.2, FT1-8]}", "FT1-8", "17:9", 101, "{from: PID-5.1}"),
    ("payer.name: ", "payer.kind: {const: dog}\n      payer.name: ", "10:7", 116, "person"),
    ("mapping: m", "mapping: m\nmapping: m", "2:1", None, "mapping"),
]


def lint(tmp_path: Path, body: str, reads_table: str = TABLE):
    return lint_mapping(written(tmp_path, body, items=reads_table))


def test_a_good_mapping_has_no_finding(tmp_path):
    assert lint(tmp_path, GOOD) == []


@pytest.mark.parametrize(("old", "new", "place", "code", "write"), MISTAKES)
def test_one_mistake_gives_a_finding_at_its_place_with_advice(tmp_path, old, new, place, code, write):
    assert old in GOOD
    findings = [one for one in lint(tmp_path, GOOD.replace(old, new, 1)) if one.level == "error"]
    found = {f"{one.line}:{one.column}": one for one in findings}
    assert place in found, [one.text("en") for one in findings]
    finding = found[place]
    assert finding.fault.code.code == (f"BH-MAP-{code}" if code else "BH-CFG-002")
    for lang in ("zh", "en"):
        assert "<" not in finding.text(lang), finding.text(lang)
    assert write in finding.json("en")["write"]
    assert len(findings) <= 2, [one.text("en") for one in findings]


@pytest.mark.parametrize(
    ("table", "reason"),
    [("code,to\nA,1\n", "header"), ("from,to\nA\n", ":2"), ("from,to\nA,1\nA,2\n", "A × 2"), ("from,to\n\xff", "")],
)
def test_a_table_that_cannot_be_used_is_found(tmp_path, table, reason):
    path = written(tmp_path, GOOD)
    (tmp_path / "items.csv").write_bytes(table.encode("latin-1"))
    (finding,) = [one for one in lint_mapping(path) if one.fault.code.code == "BH-MAP-109"]
    assert reason in finding.fault.what("en")


def test_tables_stay_in_the_mappings_folder(tmp_path):
    assert [one.fault.code.code for one in lint(tmp_path, GOOD.replace("items.csv", "../items.csv"))] == ["BH-MAP-101"]


def test_json_and_xml_paths_are_compiled(tmp_path):
    body = 'mapping: m\nreads: {r}\nevents:\n  - emit: visit\n    fields: {{visit_no: {{from: "{p}"}}}}\n'
    wrong = "json a[?", "json sum(a)", "xml a[", "xml x:a", "xml $v", "xml f(a)", "form  a"
    for reads, _, path in (one.partition(" ") for one in wrong):
        found = [one.fault.code.code for one in lint(tmp_path, body.format(r=reads, p=path))]
        assert found == ["BH-MAP-111"], (reads, path)


def test_a_mapping_without_a_test_and_an_unused_table_are_warnings(tmp_path):
    path = written(tmp_path, GOOD.replace("via: [{table: items}]", "via: [trim]"), items=TABLE)
    path.with_name("m.test.yaml").unlink()
    assert [(one.level, one.fault.code.code) for one in lint_mapping(path)] == [
        ("warning", "BH-MAP-118"),
        ("warning", "BH-MAP-119"),
    ]
    load_mapping(path)


def test_loading_a_wrong_mapping_raises_with_all_findings(tmp_path):
    path = written(tmp_path, GOOD.replace("emit: charge", "emit: x").replace("trim", "trimm"), items=TABLE)
    with pytest.raises(Config) as caught:
        load_mapping(path)
    assert len(caught.value.values["findings"]) == 2


@pytest.mark.parametrize(
    "body", ["", "[]", "a", "mapping: {}", "mapping: m\nreads: xml\nevents: [1, {emit: []}]", "x: &a 1"]
)
def test_any_yaml_is_linted_without_a_crash(tmp_path, body):
    assert any(one.level == "error" for one in lint(tmp_path, body))


def test_a_mapping_in_a_family_folder_bears_the_name_of_its_place(tmp_path):
    folder = tmp_path / "his" / "x"
    folder.mkdir(parents=True)
    found = lint_mapping(written(folder, GOOD, items=TABLE))
    assert [(one.fault.code.code, one.fault.do("en")) for one in found] == [("BH-MAP-117", "write his/x/m")]


def test_the_revision_changes_with_file_and_table(tmp_path):
    path = written(tmp_path, GOOD, items=TABLE)
    first = load_mapping(path).revision
    assert len(first) == 16
    (tmp_path / "items.csv").write_text(TABLE + "B,02\n", encoding="utf-8")
    second = load_mapping(path).revision
    path.write_text(GOOD + "# later\n", encoding="utf-8")
    assert len({first, second, load_mapping(path).revision}) == 3


def test_the_schema_is_up_to_date_and_takes_every_mapping():
    root = Path(__file__).parents[2]
    assert (root / "schema" / "mapping.v1.json").read_text(encoding="utf-8") == mapping_schema_text()
    schema = json.loads(mapping_schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    files = [*DATA.rglob("*.yaml"), *(root / "mappings").rglob("*.yaml")]
    for file in (one for one in files if not one.name.endswith(".test.yaml")):
        data = read_yaml(file).data
        assert not list(validator.iter_errors(data)), file
        MappingFile.model_validate(data)


def test_the_schema_refuses_what_the_lint_refuses():
    validator = jsonschema.Draft202012Validator(mapping_schema())
    event = {"emit": "visit", "fields": {"visit_no": {"from": "a"}}}
    assert validator.is_valid({"mapping": "m", "reads": "form", "events": [event]})
    for wrong in (
        {"emit": "visits", "fields": event["fields"]},
        {"emit": "visit", "fields": {"visit": {"from": "a"}}},
        {"emit": "visit", "fields": {"visit_no": {"from": "a", "const": "b"}}},
        {"emit": "visit", "fields": {"visit_no": {"from": "a", "via": ["trimm"]}}},
    ):
        assert not validator.is_valid({"mapping": "m", "reads": "form", "events": [wrong]})
