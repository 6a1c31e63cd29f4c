"""Insurers pull issued bills: pages by an opaque, signed cursor over the change sequence, or one bill by its number.

A change brings a bill into the sequence again, so that reversed and void ones come as tombstones; delivery is at least
once, in order. A bill the caller may not see is absent, never forbidden: the answer tells nothing about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NoReturn

from adapters.insurance.rest.faults import BAD_CURSOR, CURSOR_KEY, NO_SUCH, READ_ONLY
from adapters.insurance.rest.wire import One, Page, bill_answer, page_answer, problem, read_question
from hub.adapter import Answer, Bills, Delivery, Message, Outcome, Settings
from hub.errors import Fault, Lang, Reject
from hub.security.tokens import Cursors

_OWNER: Final = "insurance/rest"
_AFTER: Final = "after"
_STATUS: Final = {NO_SUCH.code: 404, BAD_CURSOR.code: 404, READ_ONLY.code: 405}  # any other is a bad question


@dataclass(frozen=True, slots=True)
class Rest:
    """A source that is asked and never tells."""

    cursors: Cursors

    def serves(self, delivery: Delivery) -> bool:
        """Every GET and HEAD is a question."""
        return delivery.door == "http" and delivery.method in ("GET", "HEAD")

    def serve(self, delivery: Delivery, bills: Bills) -> Answer:
        """A page, a bill, or a problem document."""
        try:
            asked = read_question(delivery.path, delivery.query)
            return self._page(asked, bills) if isinstance(asked, Page) else _one(asked, bills)
        except Reject as fault:
            return _refused(fault, delivery)

    def read(self, delivery: Delivery) -> NoReturn:
        """There are no messages in this dialect.

        Raises:
            Reject: always.
        """
        del delivery
        raise READ_ONLY("method")

    def answer(
        self, delivery: Delivery, results: Sequence[tuple[Message, Outcome]], fault: Fault | None = None
    ) -> Answer:
        """The refusal of whatever was sent, or, where the hub itself cannot answer now, when to ask again."""
        del results  # there are none
        if fault is None or isinstance(fault, Reject):
            return _refused(fault or READ_ONLY("method"), delivery)
        return problem(fault, 503, _lang(delivery), (("Retry-After", "5"),))

    def _page(self, asked: Page, bills: Bills) -> Answer:
        after = self._after(asked.cursor)
        found = list(
            islice(bills.changes(after, asked.limit + 1), asked.limit + 1)
        )  # one more tells whether more is left
        page = found[: asked.limit]
        last = page[-1][0] if page else after
        next_cursor = self.cursors.make(_OWNER, {_AFTER: last})
        return page_answer((bill for _, bill in page), next_cursor, more=len(found) > asked.limit)

    def _after(self, cursor: str) -> int:
        if not cursor:
            return 0
        try:
            after = self.cursors.read(_OWNER, cursor).get(_AFTER)
        except Reject:
            raise BAD_CURSOR("cursor") from None
        if not isinstance(after, int):
            raise BAD_CURSOR("cursor")
        return after


def _one(asked: One, bills: Bills) -> Answer:
    for bill in bills.find(bill_code=asked.bill_code, bill_number=asked.bill_number):
        if (bill.bill_code, bill.bill_number) == (asked.bill_code, asked.bill_number):
            return bill_answer(bill)
    raise NO_SUCH("path")


def _refused(fault: Fault, delivery: Delivery) -> Answer:
    status = _STATUS.get(fault.code.code, 400)
    return problem(fault, status, _lang(delivery), (("Allow", "GET, HEAD"),) if status == 405 else ())


def _lang(delivery: Delivery) -> Lang:
    """Chinese, unless the client's first wish is English."""
    return "en" if delivery.headers.get("accept-language", "").strip().lower().startswith("en") else "zh"


def connect(settings: Settings) -> Rest:
    """The source for these settings (manifest.yaml says what they mean).

    Raises:
        Config: BH-INR-006, no usable cursor_key.
    """
    key = settings.get("cursor_key") or b""
    secret = key.strip().encode() if isinstance(key, str) else bytes(key)
    try:
        return Rest(Cursors(secret))
    except ValueError:
        raise CURSOR_KEY("settings.cursor_key") from None
