"""The one file of an upload: the body itself, or the file of a multipart/form-data form (RFC 7578)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from adapters.education.school_table.faults import BAD_UPLOAD, TOO_LARGE

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_FILE: Final = 32 * 1024 * 1024


def file_of(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The file's bytes.

    Raises:
        Reject: BAD_UPLOAD or TOO_LARGE.
    """
    if len(body) > MAX_FILE:
        raise TOO_LARGE(found=f"> {MAX_FILE} bytes")
    kind, options = parse_options_header(headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        return body
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise BAD_UPLOAD("content-type", found="no boundary")
    files = _Files()
    try:
        parser = MultipartParser(boundary, files.callbacks(), max_size=MAX_FILE)
        parser.write(body)
        parser.finalize()
    except (MultipartParseError, ValueError):
        raise BAD_UPLOAD(found="not a multipart form") from None
    if not files.ended or len(files.found) != 1:
        raise BAD_UPLOAD(found=f"{len(files.found)} files" if files.ended else "the form is cut short")
    return bytes(files.found[0])


class _Files:
    """Collects the parts that have a file name; other fields of the form are passed over."""

    def __init__(self) -> None:
        self.found: list[bytearray] = []
        self.ended = False
        self._name = bytearray()
        self._value = bytearray()
        self._is_file = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._part,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _part(self) -> None:
        self._is_file = False

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        if bytes(self._name).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            if b"filename" in options or b"filename*" in options:
                self._is_file = True
                self.found.append(bytearray())
        self._name.clear()
        self._value.clear()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.found[-1] += data[start:end]

    def _end(self) -> None:
        self.ended = True
