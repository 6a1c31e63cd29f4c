"""A hospital that speaks HL7 v2 over MLLP: seeded, on a real socket, with a builder and a reader of its own.

One message is outstanding on a connection. All persons are invented. It shares no code with the adapter it talks to, so
that it cannot share its mistakes.

    python -m hub.simulators.hospital_hl7 --to 127.0.0.1:2575 --charges 10 --seed 7
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hub.simulators.hospital_hl7_words import MISBEHAVIOURS, Charge, Misbehaviour, Writer

START: Final = b"\x0b"
END: Final = b"\x1c\r"


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement as the hospital reads it."""

    code: str
    control_id: str
    text: str
    raw: bytes


class WrongAck(Exception):  # noqa: N818  (what the hospital saw, not a failure of its own)
    """The answer is no acknowledgement of what was sent."""


class HospitalHl7:
    """A connection of the hospital. `async with HospitalHl7(host, port, seed=1) as his: await his.send_charge()`.

    Args:
        host: of the MLLP door.
        port: of the MLLP door.
        seed: the same seed sends the same messages.
        charset: the bytes' character set, and MSH-18 where `declares` is set: "UTF-8", "GBK" or "GB18030".
        declares: whether MSH-18 is sent.
        line_end: of segments.
        enhanced: whether commit and application acknowledgements are asked for (MSH-15 and MSH-16 AL).
        timeout: seconds to wait for an answer.
        prefix: of charge numbers and control ids, where several hospitals share a hub.
    """

    def __init__(
        self,
        host: str,
        port: int,
        seed: int = 1,
        *,
        charset: str = "UTF-8",
        declares: bool = True,
        line_end: str = "\r",
        enhanced: bool = False,
        timeout: float = 30.0,
        prefix: str = "",
    ) -> None:
        self._address = host, port
        self._enhanced = enhanced
        self._timeout = timeout
        self.writer = Writer(
            seed, charset=charset, declares=declares, line_end=line_end, enhanced=enhanced, prefix=prefix
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.charges: list[Charge] = []

    async def __aenter__(self) -> Self:
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address, limit=8 * 1024 * 1024)
        return self._streams

    async def close(self) -> None:
        """Ends the connection; the next message opens another."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            try:
                await streams[1].wait_closed()
            except OSError:
                return

    async def send(self, body: bytes, answers: int | None = None) -> list[Ack]:
        """Sends one frame and reads the frames that answer it (one, or two in enhanced mode).

        Raises:
            WrongAck: no answer in time, or not an acknowledgement.
        """
        reader, writer = await self._connect()
        writer.write(START + body + END)
        await writer.drain()
        found: list[Ack] = []
        for _ in range(answers if answers is not None else 1 + self._enhanced):
            try:
                async with asyncio.timeout(self._timeout):
                    frame = await reader.readuntil(END)
            except (TimeoutError, asyncio.IncompleteReadError) as error:
                raise WrongAck(f"no answer: {type(error).__name__}") from None
            found.append(read_ack(frame.removeprefix(START).removesuffix(END)))
            if found[-1].code in ("CE", "CR"):
                break
        return found

    async def told(self, body: bytes, control_id: str) -> Ack:
        """Sends and checks that every answer names the message; the last one is the verdict.

        Raises:
            WrongAck: MSA-2 names another message, or a commit was not followed as asked.
        """
        found = await self.send(body)
        if any(ack.control_id != control_id for ack in found):
            raise WrongAck("MSA-2 names another message")
        if self._enhanced and found[0].code not in ("CA", "CE", "CR"):
            raise WrongAck("no commit acknowledgement first")
        return found[-1]

    async def send_charge(self, lines: int | None = None, *, cash: bool = False) -> tuple[Charge, Ack]:
        """A new charge (DFT^P03); with `cash` its PY line pays it at the counter."""
        charge = self.writer.charge(lines, cash=cash)
        ack = await self.told(charge.body, charge.control_id)
        self.charges.append(charge)
        return charge, ack

    async def send_payment(self, charge: Charge, channel: str = "CASH", trade_no: str = "") -> Ack:
        """A DFT^P03 that holds only the payment of an earlier charge."""
        body, control_id = self.writer.payment(charge, channel, trade_no)
        return await self.told(body, control_id)

    async def send_visit(self, charge: Charge, trigger: str = "A08") -> Ack:
        """An ADT of the charge's visit."""
        body, control_id = self.writer.visit(charge, trigger)
        return await self.told(body, control_id)

    async def send_batch(self, count: int) -> tuple[list[Charge], bytes]:
        """FHS/BHS … BTS/FTS with that many charges; the raw batch of acknowledgements."""
        charges = [self.writer.charge() for _ in range(count)]
        reader, writer = await self._connect()
        writer.write(START + self.writer.batch(charges) + END)
        await writer.drain()
        async with asyncio.timeout(self._timeout):
            frame = await reader.readuntil(END)
        self.charges.extend(charges)
        return charges, frame.removeprefix(START).removesuffix(END)

    async def misbehave(self, how: Misbehaviour) -> list[Ack]:
        """One charge sent as a bad or unlucky system would; what was answered, none where the line was cut."""
        if how == "payment_first":
            charge = self.writer.charge()
            first = await self.send_payment(charge)
            self.charges.append(charge)
            return [first, await self.told(charge.body, charge.control_id)]
        if how == "batch":
            _, frame = await self.send_batch(3)
            return [read_ack(piece) for piece in _messages(frame)]
        writer = self.writer.like(how)
        charge = writer.charge()
        self.charges.append(charge)
        if how == "cut":
            _, stream = await self._connect()
            stream.write(START + charge.body[: len(charge.body) // 2])
            await stream.drain()
            await self.close()
            return [await self.told(charge.body, charge.control_id)]
        acks = [await self.told(charge.body, charge.control_id)]
        if how == "duplicate":
            acks.append(await self.told(charge.body, charge.control_id))
        if how == "changed":
            acks.append(await self.told(writer.changed(charge), charge.control_id))
        return acks


def read_ack(frame: bytes) -> Ack:
    """Takes an acknowledgement apart, by plain splitting.

    Raises:
        WrongAck: there is no MSH and MSA.
    """
    text = frame.decode("utf-8", "replace")
    lines = [line for line in text.split("\r") if line]
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 5:
        raise WrongAck("the answer does not begin with MSH")
    separator = lines[0][3]
    for line in lines[1:]:
        fields = line.split(separator)
        if fields[0] == "MSA" and len(fields) >= 3:
            return Ack(fields[1], fields[2], fields[3] if len(fields) > 3 else "", frame)
    raise WrongAck("the answer has no MSA")


def _messages(frame: bytes) -> list[bytes]:
    pieces = frame.split(b"\rMSH")
    return [b"MSH" + piece.split(b"\rBTS")[0] for piece in pieces[1:]]


async def run(
    host: str, port: int, charges: int, seed: int, *, cash: bool = False, misbehave: Sequence[Misbehaviour] = ()
) -> list[dict[str, object]]:
    """Sends charges, then one of each misbehaviour; rows of {charge_no, amount_fen, ack}."""
    rows: list[dict[str, object]] = []
    async with HospitalHl7(host, port, seed) as his:
        for _ in range(charges):
            charge, ack = await his.send_charge(cash=cash)
            rows.append({**_shown(charge), "ack": ack.code})
        for how in misbehave:
            acks = await his.misbehave(how)
            rows.append({**_shown(his.charges[-1]), "misbehaved": how, "acks": [ack.code for ack in acks]})
    return rows


def _shown(charge: Charge) -> dict[str, object]:
    shown = asdict(charge)
    return {name: shown[name] for name in ("charge_no", "visit_no", "amount_fen")}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; prints one JSON line a charge, exits 1 where one was not answered AA."""
    parser = argparse.ArgumentParser(prog="hub.simulators.hospital_hl7", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--charges", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cash", action="store_true", help="each charge is paid in cash by a PY line")
    parser.add_argument("--misbehave", nargs="*", default=(), choices=MISBEHAVIOURS)
    parser.add_argument("--out", metavar="FILE", help="write the rows there instead")
    options = parser.parse_args(arguments)
    host, _, port = options.to.rpartition(":")
    rows = asyncio.run(
        run(host, int(port), options.charges, options.seed, cash=options.cash, misbehave=options.misbehave)
    )
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0 if all(row.get("ack", "AA") == "AA" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
