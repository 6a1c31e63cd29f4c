"""Checks of what an adapter says back: for every outcome and fault an answer, with nobody's data and no stack trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, get_args

from hub.adapter import Answer, Bills, Delivery, Outcome, Place, Server
from hub.bill.bill import Bill
from hub.errors import Config, Fault, FaultCode, Park, Reject, Retry, Unknown
from tests.conformance import hostile
from tests.conformance.check import check
from tests.conformance.subject import Sample, Subject

FAULTS: Final = tuple(
    FaultCode(f"BH-CNF-{number:03d}", kind, "出错了", "something is wrong", "请修改", "correct it")("somewhere")
    for number, kind in enumerate((Reject, Retry, Unknown, Park, Config), start=1)
)
TRACES: Final = (b"Traceback", b'File "', b"adapter.py", b"Error(")
PERSONAL: Final = ("name", "id_no", "phone", "email", "account")


@check
def answers(subject: Subject) -> Iterator[str]:
    """Every place with every fault or none, by every door, and every fault of the delivery as a whole."""
    for sample in subject.samples or (subject.bare,):
        secrets = tuple(_persons(sample))
        for door in subject.spec.manifest.doors:
            delivery = replace(sample.delivery, door=door)
            for what, answer in _answered(sample, delivery):
                where = f"{sample.name} by {door}, {what}"
                if isinstance(answer, Exception):
                    yield f"{where}: {type(answer).__name__}: {answer}"
                    continue
                if any(trace in answer.body for trace in TRACES):
                    yield f"{where}: the answer shows a stack trace"
                if any(secret in answer.body for secret in secrets):
                    yield f"{where}: the answer shows the payer's data"
                if not 200 <= answer.status < 600:
                    yield f"{where}: status {answer.status}"


@check
def refusals_differ(subject: Subject) -> Iterator[str]:
    """A sender can tell success from refusal and from 'not now'."""
    for sample in subject.samples:
        messages = sample.read()
        if sample.question or any(message.fault is not None for message in messages):
            continue  # what answers a query is not answered itself
        good = sample.source.answer(sample.delivery, [(message, Outcome("applied")) for message in messages])
        again = sample.source.answer(sample.delivery, [(message, Outcome("applied")) for message in messages])
        if good != again:
            yield f"{sample.name}: the same outcome is answered in two ways"
        bad = sample.source.answer(sample.delivery, [(message, Outcome("refused", FAULTS[0])) for message in messages])
        if (good.status, good.body) == (bad.status, bad.body):
            yield f"{sample.name}: refused is answered like applied"
        for fault in FAULTS[:3]:
            later = sample.source.answer(sample.delivery, (), fault)
            if (good.status, good.body) == (later.status, later.body):
                yield f"{sample.name}: {type(fault).__name__} for the whole delivery is answered like applied"


@check
def questions(subject: Subject) -> Iterator[str]:
    """A server answers whatever it is asked, and knows no bills where there are none."""
    source = subject.bare.source
    if not isinstance(source, Server):
        if subject.only_serves:
            yield "it reads no messages and serves no questions"
        return
    for method, path, query in hostile.QUESTIONS:
        for body in (b"", b"\xff" * 100, b"[" * hostile.DEEP):
            delivery = replace(subject.bare.delivery, method=method, path=path, query=query, body=body)
            try:
                answer = source.serve(delivery, NoBills()) if source.serves(delivery) else None
            except Exception as error:  # noqa: BLE001  (what the check looks for)
                yield f"{method} {path[:40]}?{query[:20]}: {type(error).__name__}: {str(error)[:80]}"
                continue
            if answer is not None and any(trace in answer.body for trace in TRACES):
                yield f"{method} {path[:40]}: the answer shows a stack trace"


class NoBills(Bills):
    """A port without bills."""

    def find(self, *, bill_code: str = "", bill_number: str = "", key: str = "") -> Sequence[Bill]:
        """None."""
        return ()

    def changes(self, after: int, limit: int) -> Iterable[tuple[int, Bill]]:
        """None."""
        return ()


def _answered(sample: Sample, delivery: Delivery) -> Iterator[tuple[str, Answer | Exception]]:
    messages = sample.read() if sample.delivery.body else []
    for fault in (None, *FAULTS):
        name = type(fault).__name__ if fault else "no fault"
        yield f"as a whole, {name}", _one(sample, delivery, (), fault)
        for place in get_args(Place):
            if messages:
                results = [(message, Outcome(place, fault)) for message in messages]
                yield f"{place}, {name}", _one(sample, delivery, results, None)
                yield f"{place} and {name} as a whole", _one(sample, delivery, results, fault)


def _one(sample: Sample, delivery: Delivery, results: Any, fault: Fault | None) -> Answer | Exception:
    try:
        return sample.source.answer(delivery, results, fault)
    except Exception as error:  # noqa: BLE001  (what the check looks for)
        return error


def _persons(sample: Sample) -> Iterator[bytes]:
    """What the sample tells of persons, in the encodings an answer may have."""
    for message in sample.read():
        made = sample.events(message)
        for event in made if isinstance(made, list) else ():
            payer = event.get("payer", {})
            for text in (payer.get(name, "") for name in PERSONAL):
                if len(text) > 1:
                    yield from {text.encode("utf-8"), text.encode("gb18030")}
