"""The education bill's own block."""

from __future__ import annotations

from hub.bill.model import Code, Record, Text


class Education(Record):
    """A student as the school's fee system knows him."""

    school_code: Code | None = None
    student_no: Code | None = None
    faculty: Text | None = None
    """院系"""
    major: Text | None = None
    grade: Text | None = None
    class_name: Text | None = None
    academic_year: Text | None = None
    term: Text | None = None
