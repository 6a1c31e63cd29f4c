"""The closed list of transforms: every example runs, codes keep their zeros, money is exact."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.bill.money import Fen
from hub.mapping.lint_steps import _regex
from hub.mapping.times import SHANGHAI, parser, yearless
from hub.mapping.transforms import TRANSFORMS, Around, BadValueError, shape

AT = datetime(2026, 3, 1, 10, 16, tzinfo=SHANGHAI)
TABLES = {"example": {"0101": "床位费"}}


def apply(name, value, argument=None):
    transform = TRANSFORMS[name]
    around = Around(TABLES, lambda node: lambda root, here: all(root.get(key) == want for key, want in node.items()))
    run = transform.make(argument, around)
    return run(value, {"sign": "-"}, None, AT) if transform.in_context else run(value)


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_every_transform_has_a_sentence_and_an_example_that_holds(name):
    transform = TRANSFORMS[name]
    assert transform.sentence.endswith(".")
    gives = apply(name, transform.example.given, transform.example.argument)
    assert (gives.isoformat() if isinstance(gives, datetime) else gives) == transform.example.gives


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_empty_stays_empty_except_by_default(name):
    transform = TRANSFORMS[name]
    assert apply(name, "", transform.example.argument) == ("person" if name == "default" else "")


def test_the_list_is_the_documented_one():
    assert sorted(TRANSFORMS) == [
        "abs",
        "citizen_no",
        "credit_if",
        "day",
        "decimal",
        "default",
        "digits",
        "fen",
        "hl7_day",
        "hl7_time",
        "lower",
        "match",
        "max",
        "name_han",
        "negate",
        "only",
        "part",
        "prefix",
        "replace",
        "split",
        "suffix",
        "table",
        "table_or_same",
        "time",
        "trim",
        "upper",
        "yearless",
        "yuan",
        "yuan_round",
    ]


codes = st.from_regex(r"0[0-9A-Z]{1,12}", fullmatch=True)


@given(codes)
def test_text_transforms_keep_leading_zeros(code):
    for name, argument in [
        ("trim", None),
        ("upper", None),
        ("table_or_same", "example"),
        ("max", "64"),
        ("default", "x"),
    ]:
        assert apply(name, code, argument) == code
    assert apply("split", f"a-{code}", ["-", "2"]) == code
    assert apply("match", f"no:{code};", "no:([0-9A-Z]+)") == code
    assert apply("digits", code)[0] == "0"


@given(st.integers(-(10**14), 10**14))
def test_yuan_and_fen_round_trip(amount):
    assert apply("fen", str(amount)) == amount
    assert apply("yuan", Fen(amount).yuan) == amount
    assert apply("yuan_round", Fen(amount).yuan) == amount


@given(st.text(max_size=30))
def test_an_amount_is_exact_or_refused(text):
    for name, shift in (("yuan", 2), ("fen", 0)):
        try:
            made = apply(name, text)
        except BadValueError:
            continue
        assert made == "" or made == Decimal(text.strip()).scaleb(shift)


@given(st.text(max_size=30))
def test_a_number_is_what_the_model_takes_or_refused(text):
    import re

    try:
        made = apply("decimal", text)
    except BadValueError:
        return
    assert made == "" or (re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", made) and Decimal(made) == Decimal(text.strip()))


@given(st.integers(0, 9 * 10**9))
def test_times_round_trip(seconds):
    moment = datetime(1900, 1, 1, tzinfo=SHANGHAI) + timedelta(seconds=seconds)
    assert apply("time", moment.strftime("%Y%m%d%H%M%S").zfill(14), "%Y%m%d%H%M%S") == moment
    assert apply("time", moment.strftime("%Y-%m-%d %H:%M:%S"), "%Y-%m-%d %H:%M:%S") == moment
    assert apply("time", moment.strftime("%d.%m.%Y %H:%M:%S%z"), "%d.%m.%Y %H:%M:%S%z") == moment
    assert apply("hl7_time", moment.strftime("%Y%m%d%H%M%S+0800")) == moment
    assert apply("hl7_day", moment.strftime("%Y%m%d%H%M")) == moment.date().isoformat()


@given(st.text(alphabet="0123456789+-.:^ TZ", max_size=22))
def test_any_text_is_a_time_or_refused(text):
    for name, argument in (("hl7_time", None), ("time", ["%Y%m%d%H%M%S", "%Y-%m-%d"]), ("yearless", "%m%d")):
        try:
            made = apply(name, text, argument)
        except BadValueError:
            continue
        assert made == "" or text.isspace() or made.tzinfo is not None


@pytest.mark.parametrize(
    ("text", "received", "means"),
    [
        ("1231235959", "2026-01-01T00:00:05+08:00", "2025-12-31T23:59:59+08:00"),
        ("0101000001", "2025-12-31T23:59:58+08:00", "2026-01-01T00:00:01+08:00"),
        ("0229120000", "2025-03-01T00:00:00+08:00", "2024-02-29T12:00:00+08:00"),
        ("0301101500", "2026-03-01T10:16:00+08:00", "2026-03-01T10:15:00+08:00"),
    ],
)
def test_a_yearless_time_takes_the_year_nearest_to_receipt(text, received, means):
    assert yearless(text, "%m%d%H%M%S", datetime.fromisoformat(received)).isoformat() == means


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ZHANG SAN^张三", "张三"),
        ("张^三", "张三"),
        ("张三^^^先生", "张三"),
        ("ZHANG^SAN~张^三", "张三"),
        ("SMITH^JOHN", "SMITH JOHN"),
        ("张三^张三", "张三"),
        ("古丽·测试", "古丽·测试"),
    ],
)
def test_of_several_spellings_the_han_one_is_taken(text, name):
    assert apply("name_han", text) == name


def test_a_citizen_number_is_kept_only_if_it_can_be_one():
    assert apply("citizen_no", "11010519491231002x") == "11010519491231002X"
    assert apply("citizen_no", "110105194912310021") == ""
    assert apply("citizen_no", "11010519491331002X") == ""
    assert apply("citizen_no", "unknown") == ""


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "((a|b)*)c", r"(a)\1", ".*(a).*b.*", "(?=a)(b)", "abc", "(", "(a{1,99}){9}"]
)
def test_patterns_that_could_stall_the_hub_are_refused(pattern):
    assert _regex(pattern)


def test_formats_are_strict():
    for wrong in ("%Y%j", "%Y%m", "%Y%m%d%d"):
        with pytest.raises(ValueError):
            parser(wrong)
    with pytest.raises(ValueError):
        parser("%Y-%m-%d")("2026-3-1")


def test_a_shape_shows_no_content():
    assert shape("张三 13900000001 Ab") == "文文 99999999999 Aa"
