"""An adapter under test: its files, its source bound to the settings its own mapping tests use, and its samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hub.adapter import Asker, Delivery, Message, Question, Response, Source
from hub.cli.reading import delivery_of
from hub.errors import Fault
from hub.mapping import Mapping, load_mapping
from hub.mapping.run import run_first_matching
from hub.mapping.testcase import DEFAULT_AT, TestFile, find_tests, read_test_file
from hub.registry import AdapterSpec, bind, mappings_of


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as a door delivers it, with the source and the mapping its test names."""

    name: str
    delivery: Delivery
    source: Source
    mapping: Mapping | None = None
    question: dict[str, str] = field(default_factory=dict)
    """What was asked, where the sample is an answer."""

    def with_body(self, body: bytes) -> Sample:
        """The same delivery with other bytes."""
        headers = {key: value for key, value in self.delivery.headers.items() if key != "content-length"}
        return replace(self, delivery=replace(self.delivery, body=body, headers=headers))

    def taken(self) -> list[Message]:
        """Its messages, or the fault of the delivery as a whole, raised."""
        if self.question:
            assert isinstance(self.source, Asker)
            return list(self.source.understand(Question(fields=self.question), Response(200, self.delivery.body)))
        return list(self.source.read(self.delivery))

    def read(self) -> list[Message]:
        """Its messages; a delivery refused as a whole is one message with its fault."""
        try:
            return self.taken()
        except Fault as fault:
            return [Message(0, self.delivery.body, "", b"", fault=fault)]

    def events(self, message: Message) -> list[dict[str, Any]] | str:
        """What the mapping makes of a message, or the code of the fault."""
        try:
            if message.fault is not None:
                raise message.fault
            if self.mapping is None:
                return []
            made = run_first_matching((self.mapping,), message.tree, self.delivery.received_at)
        except Fault as fault:
            return fault.code.code
        return [event.to_dict() for event in made.events]


@dataclass(frozen=True)
class Subject:
    """An adapter and what lies beside it."""

    spec: AdapterSpec
    mapping_folder: Path
    tests: tuple[TestFile, ...] = field(default=())

    @property
    def name(self) -> str:
        """family/vendor."""
        return self.spec.name

    @property
    def only_serves(self) -> bool:
        """Whether it receives no messages."""
        return self.spec.manifest.reads is None

    @cached_property
    def samples(self) -> Sequence[Sample]:
        """Every sample its tests name, once a mapping."""
        return tuple(self._samples())

    @cached_property
    def bare(self) -> Sample:
        """An empty delivery by its first door, from the source its first test binds, or one with filled-in settings."""
        if self.samples:
            first = self.samples[0]
            return replace(first, name="empty", delivery=replace(first.delivery, body=b"", headers={}))
        source = self.spec.connect(bind(self.spec, filled(self.spec), self.spec.folder))
        return Sample("empty", Delivery(b"", DEFAULT_AT, door=self.spec.manifest.doors[0]), source)

    def _samples(self) -> Iterator[Sample]:
        for test in self.tests:
            source = self.spec.connect(bind(self.spec, test.settings, test.path.parent))
            mapping = load_mapping(test.path.with_name(f"{test.mapping.rpartition('/')[2]}.yaml"))
            for case in test.cases:
                delivery = delivery_of(case.sample, case.at, self.spec)
                yield Sample(case.sample.name, delivery, source, mapping, case.question)


def subject_of(spec: AdapterSpec) -> Subject:
    """The adapter with its tests; a test file that cannot be read is found by the check that runs them."""
    folder = mappings_of(spec)
    found = (read_test_file(file)[0] for file in (find_tests([folder]) if folder.is_dir() else ()))
    return Subject(spec, folder, tuple(test for test in found if test is not None))


def filled(spec: AdapterSpec) -> dict[str, Any]:
    """Settings for an adapter that has no sample to take them from: something of the right kind for each required."""
    kinds = {"text": "conformance", "secret": "0123456789abcdef" * 2, "url": "https://peer.invalid/", "list": ["a"]}
    return {
        one.name: one.choices[0] if one.choices else kinds.get(one.type, "conformance")
        for one in spec.manifest.settings
        if one.required
    }
