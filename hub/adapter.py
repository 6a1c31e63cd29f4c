"""What an adapter is: it reads bytes, answers bytes, and says what it can do. It does no I/O; the hub moves the bytes.

An adapter is a folder `adapters/<family>/<vendor>/` with `adapter.py wire.py manifest.yaml README.md`. Its `adapter.py`
has one function, `connect(settings) -> Source`, called once per configured source. A source may do more than read; each
further ability is a protocol below, recognised by its methods:

    Source   reads deliveries into messages, and words the answer
    Asker    asks the other side about something unknown or unconfirmed, and understands the answer
    Server   answers questions about bills from a read-only port (insurers' and platforms' dialects)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from hub.bill.bill import Bill
from hub.errors import Fault

Reads = Literal["hl7v2", "xml", "json", "form", "table"]
"""How a mapping addresses a tree: PID-5.1, XPath, JMESPath, field name, column heading."""

AnswerPoint = Literal["durable", "applied", "issued"]
"""When the sender is answered: once stored, with the ledger's verdict, or with the bill."""

Place = Literal["applied", "duplicate", "parked", "refused"]
"""The one place a message ends in."""

Settings = Mapping[str, Any]
"""A source's settings by the names of the manifest: text, lists of text, or the bytes of a file setting."""

Tree = Any
"""What a mapping reads, by the manifest's `reads`:

    hl7v2   {"segments": [[name, field 1, field 2 …], …]}: a field is text, or a list of repetitions where it has
            several or parts; a repetition is text, or a list of components; a component is text, or a list of
            sub-components. MSH's field 1 is the separator, so that MSH-9 is element 9. Unescaped; `""` stays `""`.
    xml     an lxml element
    json    JSON values, every number kept as its text
    form    field name → text
    table   column heading → text, of one row
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a door received: the exact bytes and how they came. Header names are lower-case."""

    body: bytes
    received_at: datetime
    door: Literal["http", "mllp", "folder"] = "http"
    method: str = "POST"
    path: str = ""
    """What follows /in/{unit}/{source}/: a method name in some dialects."""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    """File name, for a folder or an upload."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a delivery, verified and parsed, or the fault that refused it.

    `identity` is made of the sender's own ids and names the message for ever; two messages with one identity are the
    same message if their `fingerprint` agrees, and a contradiction if not.
    """

    index: int
    body: bytes
    identity: str
    fingerprint: bytes
    kind: str = ""
    charset: str = "UTF-8"
    tree: Tree = None
    warnings: tuple[str, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a message ended, and, for a source answered at `issued`, the bill it made."""

    place: Place
    fault: Fault | None = None
    bill: Bill | None = None
    red: Bill | None = None
    """The red bill, where the message reversed one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets. `close` ends the connection after it."""

    body: bytes
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A call the hub shall make for an adapter."""

    url: str
    body: bytes = b""
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Source(Protocol):
    """An adapter bound to one source's settings."""

    def read(self, delivery: Delivery) -> Sequence[Message]:
        """Verifies and parses. A single bad message of a batch carries its own fault.

        Raises:
            Reject: the delivery as a whole is not theirs, or cannot be read.
        """

    def answer(
        self, delivery: Delivery, results: Sequence[tuple[Message, Outcome]], fault: Fault | None = None
    ) -> Answer:
        """The answer in the sender's protocol; `fault` is what refused or delayed the delivery as a whole.

        Never shows a payer's data or a stack trace.
        """


class Question(BaseModel):
    """Something to ask the other side: what is known of a payment, and how often it was asked."""

    model_config = ConfigDict(frozen=True)

    subject: Literal["payment"] = "payment"
    fields: dict[str, str]
    """The adapter's own memory, put there when the message was read (for UnionPay: merId, orderId, txnTime …)."""
    asked: int = 0


@runtime_checkable
class Asker(Protocol):
    """A source whose payments are only `reported` until a query confirms them."""

    def question(self, message: Message) -> Question | None:
        """What to ask because of this message, or None."""

    def wait_seconds(self, question: Question) -> int | None:
        """Seconds before the next ask, by the documented schedule; None when the schedule is exhausted."""

    def ask(self, question: Question, now: datetime) -> Request:
        """The request to send."""

    def understand(self, question: Question, response: Response) -> Sequence[Message]:
        """The answer as messages for the mappings, as if they had come in; none when the other side does not know yet.

        Raises:
            Retry: the answer is not final; ask again on schedule.
            Reject: the answer is not authentic.
        """


class Bills(Protocol):
    """The read-only port a `Server` gets, already limited to what the caller may see."""

    def find(self, *, bill_code: str = "", bill_number: str = "", key: str = "") -> Sequence[Bill]:
        """By code and number, or by any business key."""

    def changes(self, after: int, limit: int) -> Iterable[tuple[int, Bill]]:
        """Issued, reversed and void bills by change sequence, oldest first."""


@runtime_checkable
class Server(Protocol):
    """A source that answers questions about bills."""

    def serves(self, delivery: Delivery) -> bool:
        """Whether this delivery is a question for `serve` rather than a message for `read`."""

    def serve(self, delivery: Delivery, bills: Bills) -> Answer:
        """The answer; refusals are answers too, in the dialect's own form."""


class SettingSpec(BaseModel):
    """One setting of a source, as the manifest declares it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: Literal["text", "list", "file", "secret", "choice", "url"] = "text"
    choices: tuple[str, ...] = ()
    required: bool = False
    default: str | tuple[str, ...] | None = None
    zh: str
    en: str


class Manifest(BaseModel):
    """`manifest.yaml`: what the adapter is, in data, so that docs, lint and conformance need not import its code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adapter: str = Field(pattern=r"^(his|education|payment|insurance)/[a-z0-9_]+$")
    zh: str
    en: str
    speaks: str
    """The protocol and version, for people."""
    reads: Reads | None = None
    doors: tuple[Literal["http", "mllp", "folder"], ...]
    answers: AnswerPoint = "durable"
    """The answer point a source has unless its YAML names another."""
    trusts: tuple[str, ...] = ()
    """Channels whose payments count on this source's word alone; `all` for any (design: Money)."""
    settings: tuple[SettingSpec, ...] = ()
    quality: dict[str, str] = Field(default_factory=dict)
    """Quality ladder: rule → done, todo, or `exempt: reason`."""
