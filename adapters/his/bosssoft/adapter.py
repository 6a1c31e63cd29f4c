"""Bosssoft's medical interface as a server: a HIS that speaks to such a platform points here unchanged.

Every answer is HTTP 200 and signed, refusals too: these callers read nothing else. A bill is shown only to a caller
whose sign was right, because only then is there a message to answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import orjson

from adapters.his.bosssoft.faults import IS_RED, NO_BILL, NO_FIELD, NO_METHOD, PROCESSING, result_of
from adapters.his.bosssoft.methods import METHODS, method_in, method_of
from adapters.his.bosssoft.replies import issued, numbered, state, written_off
from adapters.his.bosssoft.strict_json import canonical
from adapters.his.bosssoft.wire import OK, answer_noise, judge_envelope, open_data, read_envelope, seal
from hub.adapter import Answer, Bills, Delivery, Message, Outcome, Settings
from hub.errors import Fault

MAX_KEY: Final = 64
"""Characters of a busNo, a code or a number; the interface says 50, the canonical code holds 64."""


def connect(settings: Settings) -> Bosssoft:
    """The source for one unit's appid and key."""
    return Bosssoft(
        appid=str(settings["appid"]),
        key=_text(settings["key"]),
        picture=str(settings.get("picture_url") or ""),
        picture_net=str(settings.get("picture_net_url") or ""),
    )


class Bosssoft:
    """Reads issue and write-off calls, answers them with the bill, and serves the state question."""

    def __init__(self, appid: str, key: str, picture: str = "", picture_net: str = "") -> None:
        self.appid = appid
        self.key = key
        self.picture = picture
        self.picture_net = picture_net

    def read(self, delivery: Delivery) -> Sequence[Message]:
        """One message a call; its tree is the decoded data, with the method called as `_method`."""
        data = self._opened(delivery)
        method = method_of(delivery.path, data)
        if METHODS[method] == "state":
            raise NO_METHOD(method=method, known=", ".join(METHODS))
        fingerprint = hashlib.sha256(canonical(data)).digest()
        warnings = () if method_in(delivery.path) else ("no method in the address: taken from the content",)
        return (
            Message(
                index=0,
                body=delivery.body,
                identity=f"{self.appid}/{method}/{_own_id(method, data, fingerprint)}",
                fingerprint=fingerprint,
                kind=method,
                tree={**data, "_method": method},
                warnings=warnings,
            ),
        )

    def answer(
        self, delivery: Delivery, results: Sequence[tuple[Message, Outcome]], fault: Fault | None = None
    ) -> Answer:
        """The bill, the red bill, or a result code with its sentence."""
        if fault is not None:
            return self._refusal(delivery, fault)
        for message, outcome in results:
            parked_before = outcome.place == "duplicate" and outcome.fault is not None and outcome.bill is None
            if outcome.place in {"refused", "parked"} or parked_before or message.fault is not None:
                return self._refusal(delivery, outcome.fault or message.fault or PROCESSING())
            if METHODS.get(message.kind) == "reverse":
                return self._reversed(delivery, message, outcome)
            if outcome.bill is not None and numbered(outcome.bill):
                return self._ok(delivery, issued(outcome.bill, self.picture, self.picture_net))
        return self._refusal(delivery, PROCESSING())

    def _reversed(self, delivery: Delivery, message: Message, outcome: Outcome) -> Answer:
        """A write-off that was taken: the red bill, or why there is none."""
        red = outcome.red
        if red is None:
            return self._refusal(delivery, PROCESSING() if outcome.bill is not None else NO_BILL("billNo"))
        if (red.bill_code, red.bill_number) == (_key(message.tree, "billBatchCode"), _key(message.tree, "billNo")):
            return self._refusal(delivery, IS_RED("billNo"))
        if not numbered(red):
            return self._refusal(delivery, PROCESSING())
        return self._ok(delivery, written_off(red, self.picture, self.picture_net))

    def serves(self, delivery: Delivery) -> bool:
        """Whether the call asks for a bill's state."""
        return METHODS.get(method_in(delivery.path)) == "state"

    def serve(self, delivery: Delivery, bills: Bills) -> Answer:
        """The state of a bill named by code and number."""
        try:
            data = self._opened(delivery)
            code, number = _key(data, "billBatchCode"), _key(data, "billNo")
            found = bills.find(bill_code=code, bill_number=number)
            if not found:
                raise NO_BILL("billNo")
        except Fault as fault:
            return self._refusal(delivery, fault)
        return self._ok(delivery, state(found[0]))

    def _opened(self, delivery: Delivery) -> dict[str, Any]:
        envelope = read_envelope(delivery.body)
        judge_envelope(envelope, self.appid, self.key)
        return open_data(envelope.data)

    def _ok(self, delivery: Delivery, shown: dict[str, str]) -> Answer:
        return self._sealed(delivery, OK, orjson.dumps(shown))

    def _refusal(self, delivery: Delivery, fault: Fault) -> Answer:
        text = f"{fault.what('zh')}[{fault.code.code}] {fault.do('zh')}"
        return self._sealed(delivery, result_of(fault), text.encode("utf-8", "replace"))

    def _sealed(self, delivery: Delivery, result: str, message: bytes) -> Answer:
        version = _version(delivery.body)
        noise = answer_noise(delivery.body, result, message)
        body = seal(result, message, appid=self.appid, noise=noise, version=version, key=self.key)
        return Answer(body=body, content_type="application/json; charset=utf-8")


def _own_id(method: str, data: dict[str, Any], fingerprint: bytes) -> str:
    """A bill may be asked to be written off again, at another time or for another reason: each is a call of its own."""
    if METHODS[method] == "reverse":
        return f"{_key(data, 'billBatchCode')}-{_key(data, 'billNo')}/{fingerprint.hex()[:16]}"
    return _key(data, "busNo")


def _key(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_KEY or not value.isprintable():
        raise NO_FIELD(name, field=name)
    return value.strip()


def _version(body: bytes) -> str:
    """The version the caller will check the answer with; 1.0 where its envelope cannot be read."""
    try:
        return read_envelope(body).version
    except Fault:
        return "1.0"


def _text(setting: object) -> str:
    return setting.decode("utf-8").strip() if isinstance(setting, bytes) else str(setting)
