"""HL7 v2 paths walk fields, repetitions, components and sub-components."""

from __future__ import annotations

import pytest

from hub.mapping.paths import PathError
from hub.mapping.paths_hl7v2 import Hl7v2

TREE = {
    "segments": [
        ["MSH", "|", "^~\\&", "HIS"],
        ["PID", "1", "", [["M1", "", "", "", "MR"], ["N2", "", "", "", [["NI"], "x"]], "P3"], '""', [["张", "三"]]],
        ["FT1", "1", [[["80.00", "CNY"], "b"]]],
        ["FT1", "2", "70"],
    ]
}


def read(path, scope=None, here=None):
    dialect = Hl7v2()
    return dialect.read(path, scope)(dialect.root(TREE), here)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("MSH-1", "|"),
        ("PID-1", "1"),
        ("PID-1.1", "1"),
        ("PID-1.1.1", "1"),
        ("PID-1.2", ""),
        ("PID-1[2]", ""),
        ("PID-3.1", "M1"),
        ("PID-3[2].1", "N2"),
        ("PID-3[3].1", "P3"),
        ("PID-3[3].1.1", "P3"),
        ("PID-3[4].1", ""),
        ("PID-3[5=MR].1", "M1"),
        ("PID-3[5=XX|MR].1", "M1"),
        ("PID-3[5=ZZ].1", ""),
        ("PID-3[*].1", "M1~N2~P3"),
        ("PID-1[*]", "1"),
        ("PID-4[*]", ""),
        ("PID-5[*]", "张^三"),
        ("PID-4", ""),
        ("PID-5", "张^三"),
        ("PID-5.2", "三"),
        ("PID-99", ""),
        ("FT1-2.1.1", "80.00"),
        ("FT1-2.1.2", "CNY"),
        ("FT1-2.1", "80.00&CNY"),
        ("FT1-2.2", "b"),
        ("FT1-2.2.2", ""),
        ("ZZZ-1", ""),
        ("FT1", "FT1"),
        ("ZZZ", ""),
    ],
)
def test_a_path_gives(path, text):
    assert read(path) == text


def test_inside_each_the_current_segment_is_read():
    assert read("FT1-2.1.1", "FT1", TREE["segments"][3]) == "70"
    assert read("PID-1", "FT1", TREE["segments"][3]) == "1"


@pytest.mark.parametrize(
    "path", ["", "pid-1", "PID.1", "PID-0", "PID-1.0", "PID-1.1.1.1", "PID-3[].1", "PID-3[**]", " PID-1", "PIDX-1"]
)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(PathError):
        Hl7v2().read(path, None)
