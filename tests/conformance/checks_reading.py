"""Checks of what an adapter makes of bytes: samples, repeats, changed bytes, hostile input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from hub.adapter import Message
from hub.cli.reading import json_tree
from hub.errors import Fault
from tests.conformance import hostile
from tests.conformance.check import check, says
from tests.conformance.subject import Sample, Subject

MARKER: Final = "only-this-machine-knows"
LATER: Final = timedelta(hours=3)


@check
def samples_parse(subject: Subject) -> Iterator[str]:
    """Every sample makes messages, numbered from 0, of which one at least is no refusal; an answer may say nothing."""
    for sample in subject.samples:
        messages = sample.read()
        if [message.index for message in messages] != list(range(len(messages))):
            yield f"{sample.name}: the messages are not numbered 0, 1, 2 …"
        if not messages and not sample.question:
            yield f"{sample.name}: no message at all"
        if messages and not sample.question and all(message.fault is not None for message in messages):
            yield f"{sample.name}: {messages[0].fault}"


@check
def repeats(subject: Subject) -> Iterator[str]:
    """The same bytes later are the same messages."""
    for sample in subject.samples:
        first = [(one.identity, one.fingerprint) for one in sample.read()]
        later = replace(sample, delivery=replace(sample.delivery, received_at=sample.delivery.received_at + LATER))
        if [(one.identity, one.fingerprint) for one in later.read()] != first:
            yield f"{sample.name}: read twice, it has another identity or fingerprint"


@check
def identities(subject: Subject) -> Iterator[str]:
    """Different messages have different names; one name means one content."""
    known: dict[tuple[str, str], tuple[str, Any]] = {}
    for sample in subject.samples:
        for message in sample.read():
            if message.fault is not None:
                continue
            if not message.identity or len(message.identity) > 500 or not message.identity.isprintable():
                yield f"{sample.name}: the identity of message {message.index} is empty, endless or unprintable"
            mapping, made = sample.mapping.name if sample.mapping else "", sample.events(message)
            before, said = known.setdefault((message.identity, mapping), (sample.name, made))
            if said != made:
                yield f"{sample.name}: the same identity as in {before}, but it says something else"


@check
def exact_bytes(subject: Subject) -> Iterator[str]:
    """A message's body is a piece of what the sender sent."""
    if says(subject, "exact_bytes") != "done":
        return
    for sample in subject.samples:
        for message in sample.read():
            if message.body not in sample.delivery.body:
                yield f"{sample.name}: the body of message {message.index} is not the sender's bytes"


@check
def verifies_senders(subject: Subject) -> Iterator[str]:
    """A changed byte is refused, or changes nothing that is read."""
    if says(subject, "verifies_senders") != "done":
        return
    for sample in subject.samples:
        trees = [json_tree(message.tree) for message in sample.read()]
        random = Random(sample.name)
        for _ in range(30):
            where = random.randrange(len(sample.delivery.body))
            changed = bytearray(sample.delivery.body)
            changed[where] = changed[where] + 1 if changed[where] < 255 else 0
            for message in sample.with_body(bytes(changed)).read():
                if message.fault is None and json_tree(message.tree) not in trees:
                    yield f"{sample.name}: byte {where} was changed, and it was believed"


@check
def wrong_charset(subject: Subject) -> Iterator[str]:
    """A byte that no character set of the sender's has is refused, or read as what it is, never as U+FFFD."""
    if says(subject, "wrong_charset") != "done":
        return
    for sample in subject.samples:
        body = sample.delivery.body
        for part in range(1, 10):
            where = len(body) * part // 10
            for message in sample.with_body(body[:where] + b"\xff\xfe" + body[where:]).read():
                if "\ufffd" in str(json_tree(message.tree)):
                    yield f"{sample.name}: 0xFF at {where} was read as U+FFFD"


@check
def hostile_input(subject: Subject) -> Iterator[str]:
    """Nothing anybody sends brings an exception that is no fault, from the reader or from the mappings behind it."""
    with TemporaryDirectory() as folder:
        secret = Path(folder) / "secret.txt"
        secret.write_text(MARKER, "utf-8")
        for what, body in hostile.anybody(secret):
            for door in subject.spec.manifest.doors:
                there = replace(subject.bare, name=what)
                yield from _tried(replace(there, delivery=replace(there.delivery, body=body, door=door)))
    done: set[str] = set()
    for sample in subject.samples:
        if sample.name in done:
            continue
        done.add(sample.name)
        for what, body in hostile.of_sample(sample.delivery.body, sample.name):
            yield from _tried(replace(sample.with_body(body), name=f"{sample.name}, {what}"))


def _tried(sample: Sample) -> Iterator[str]:
    """Reads, translates and answers one hostile delivery as the hub would."""
    whole: Fault | None = None
    messages: list[Message] = []
    try:
        try:
            messages = sample.taken()
        except Fault as fault:
            whole = fault
        for message in messages:
            sample.events(message)
            if MARKER in str(json_tree(message.tree)):
                yield f"{sample.name}: an entity read a file of this machine"
        if whole is not None:
            answer = sample.source.answer(sample.delivery, (), whole)
            if MARKER.encode() in answer.body:
                yield f"{sample.name}: the answer shows a file of this machine"
    except Exception as error:  # noqa: BLE001  (what the check looks for)
        yield f"{sample.name}: {type(error).__name__}: {str(error)[:80]}"
