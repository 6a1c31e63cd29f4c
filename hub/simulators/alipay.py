"""Plays Alipay: signs trade notifications with a key of its own and sends them until the receiver says `success`.

It shares no code with the adapter, so that neither hides the other's mistakes; what it signs, any OpenSSL can verify.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal
from urllib.parse import quote_plus, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Empty = Literal["keep", "drop"]
"""Whether an empty value is signed over: Alipay's node kit keeps it, its Java kit drops it."""

SCHEDULE = (0.0, 0.05, 0.1, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each of the eight sends; the real gaps are 4 minutes to 15 hours."""

CHINA = timezone(timedelta(hours=8))


@dataclass(slots=True)
class Trade:
    """A trade as Alipay keeps it. Amounts in fen."""

    trade_no: str
    out_trade_no: str
    amount_fen: int
    paid_at: datetime
    refunded_fen: int = 0


@dataclass(slots=True)
class Sent:
    """What became of one notification: how often it was sent, and the last answer."""

    sends: int
    status: int
    answer: bytes

    @property
    def ok(self) -> bool:
        """Whether the receiver took it."""
        return self.answer == b"success"


@dataclass
class Alipay:
    """One merchant's Alipay. `seed` fixes the trade numbers; `charset` is utf-8 or gbk."""

    app_id: str = "2021000000000001"
    seller_id: str = "2088000000000001"
    charset: str = "utf-8"
    sign_type: Literal["RSA2", "RSA"] = "RSA2"
    seed: int = 1
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311  (trade numbers, not secrets)
        self._last = 0

    @classmethod
    def kept(cls, folder: Path, seed: int = 1) -> Alipay:
        """An Alipay whose key lies in a folder, and is made there on first use."""
        return cls(seed=seed, key=_kept_key(folder))

    def write_public_key(self, folder: Path) -> Path:
        """Writes alipay.pem, what the merchant would download, and returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "alipay.pem"
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        path.write_bytes(self.key.public_key().public_bytes(serialization.Encoding.PEM, spki))
        return path

    def trade(self, out_trade_no: str, amount_fen: int, at: datetime | None = None) -> Trade:
        """A trade the buyer has just paid."""
        at = at or datetime.now(CHINA)
        self._last += 1
        number = f"{at:%Y%m%d}2200{self.random.randrange(10**8):08d}{self._last:08d}"
        return Trade(number, out_trade_no, amount_fen, at)

    def fields(self, trade: Trade, status: str = "TRADE_SUCCESS", **more: str) -> dict[str, str]:
        """The unsigned fields of a notification; `more` adds or replaces."""
        paid = f"{trade.paid_at:%Y-%m-%d %H:%M:%S}"
        made = {
            "gmt_create": paid, "charset": self.charset, "gmt_payment": paid, "notify_time": paid,
            "subject": "门诊缴费 (示例)", "buyer_id": "2088000000000099", "body": "挂号+检查 100% & 其他",
            "invoice_amount": yuan(trade.amount_fen), "version": "1.0",
            "notify_id": f"n{trade.trade_no}{self.random.randrange(10**6):06d}",
            "fund_bill_list": f'[{{"amount":"{yuan(trade.amount_fen)}","fundChannel":"ALIPAYACCOUNT"}}]',
            "notify_type": "trade_status_sync", "out_trade_no": trade.out_trade_no,
            "total_amount": yuan(trade.amount_fen), "trade_status": status, "trade_no": trade.trade_no,
            "auth_app_id": self.app_id, "receipt_amount": yuan(trade.amount_fen), "point_amount": "0.00",
            "app_id": self.app_id, "buyer_pay_amount": yuan(trade.amount_fen), "seller_id": self.seller_id,
        }  # fmt: skip
        if status == "WAIT_BUYER_PAY" or (status == "TRADE_CLOSED" and not trade.refunded_fen):
            made.pop("gmt_payment")
        if trade.refunded_fen:
            for absent in ("receipt_amount", "invoice_amount", "fund_bill_list"):
                made.pop(absent)
        return made | more

    def refund_fields(self, trade: Trade, amount_fen: int, refund_no: str) -> dict[str, str]:
        """Gives money back: TRADE_SUCCESS again for a part, TRADE_CLOSED once all is back."""
        trade.refunded_fen += amount_fen
        full = trade.refunded_fen == trade.amount_fen
        now = f"{trade.paid_at + timedelta(minutes=5):%Y-%m-%d %H:%M:%S}"
        more = {"refund_fee": yuan(trade.refunded_fen), "gmt_refund": now + ".631", "out_biz_no": refund_no}
        if full:
            more["gmt_close"] = now
        return self.fields(trade, "TRADE_CLOSED" if full else "TRADE_SUCCESS", **more)

    def sign(self, fields: Mapping[str, str], empty: Empty = "keep", cert_sn: str = "") -> bytes:
        """The body as it goes over the line."""
        coded = {name.encode(self.charset): value.encode(self.charset) for name, value in fields.items()}
        text = b"&".join(n + b"=" + coded[n] for n in sorted(coded) if empty == "keep" or coded[n])
        algorithm = hashes.SHA256() if self.sign_type == "RSA2" else hashes.SHA1()  # noqa: S303
        signature = base64.b64encode(self.key.sign(text, padding.PKCS1v15(), algorithm))
        coded |= {b"sign_type": self.sign_type.encode(), b"sign": signature}
        if cert_sn:
            coded[b"alipay_cert_sn"] = cert_sn.encode()
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in coded.items()).encode()

    def paid(self, out_trade_no: str, amount_fen: int, **more: str) -> bytes:
        """The signed body of one new payment, for a load generator to send when it likes."""
        return self.sign(self.fields(self.trade(out_trade_no, amount_fen), **more))

    async def pay(self, url: str, out_trade_no: str, amount_fen: int) -> tuple[Trade, Sent]:
        """A buyer pays; the receiver is told until it says `success`."""
        trade = self.trade(out_trade_no, amount_fen)
        return trade, await deliver(url, self.sign(self.fields(trade)))

    async def refund(self, url: str, trade: Trade, amount_fen: int, refund_no: str) -> Sent:
        """Gives back a part or the rest, and tells it."""
        return await deliver(url, self.sign(self.refund_fields(trade, amount_fen, refund_no)))

    async def finish(self, url: str, trade: Trade) -> Sent:
        """The refund window is over: TRADE_FINISHED, of the same money."""
        return await deliver(url, self.sign(self.fields(trade, "TRADE_FINISHED")))

    async def close(self, url: str, out_trade_no: str, amount_fen: int) -> Sent:
        """An order nobody paid in time."""
        unpaid = self.trade(out_trade_no, amount_fen)
        return await deliver(url, self.sign(self.fields(unpaid, "TRADE_CLOSED")))

    async def misbehave(self, url: str, bodies: Sequence[bytes], *, duplicate: int = 1, reorder: bool = True) -> None:
        """Sends each body `1 + duplicate` times, in a shuffled order."""
        copies = [body for body in bodies for _ in range(1 + duplicate)]
        if reorder:
            self.random.shuffle(copies)
        await blast(url, copies)


def broken(body: bytes) -> bytes:
    """The same body with a signature that cannot hold: the amount is another."""
    return body.replace(b"total_amount=", b"total_amount=9", 1)


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"


async def deliver(url: str, body: bytes, schedule: Sequence[float] = SCHEDULE) -> Sent:
    """Sends until the answer is `success` or the schedule ends; a refused connection counts as a send."""
    sent = Sent(0, 0, b"")
    for gap in schedule:
        await asyncio.sleep(gap)
        sent.sends += 1
        try:
            sent.status, sent.answer = (await blast(url, [body], connections=1))[0]
        except (OSError, EOFError):
            sent.status, sent.answer = 0, b""
        if sent.ok:
            break
    return sent


async def blast(url: str, bodies: Sequence[bytes], connections: int = 8) -> list[tuple[int, bytes]]:
    """Posts all bodies over that many kept-alive connections; the answers come in the bodies' order.

    Raises:
        OSError, EOFError: a connection could not be made, or was cut.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Content-Type: application/x-www-form-urlencoded;charset=utf-8\r\nContent-Length: %d\r\n\r\n"
    )
    answers: list[tuple[int, bytes]] = [(0, b"")] * len(bodies)
    waiting = iter(range(len(bodies)))

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        try:
            for index in waiting:
                writer.write((head % len(bodies[index])).encode() + bodies[index])
                answers[index] = await _answer(reader)
        finally:
            writer.close()

    await asyncio.gather(*(one_connection() for _ in range(min(connections, len(bodies)))))
    return answers


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    lengths = [line.partition(":")[2] for line in head[1:] if line.lower().startswith("content-length:")]
    return int(head[0].split()[1]), await reader.readexactly(int(lengths[0]) if lengths else 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Pays one order from the command line; the key made for it is written to --keys first."""
    parser = argparse.ArgumentParser(prog="python -m hub.simulators.alipay", description="Send one signed payment.")
    parser.add_argument("url", help="the notify_url, for example http://127.0.0.1:8080/in/demo/alipay")
    parser.add_argument("out_trade_no")
    parser.add_argument("amount_fen", type=int)
    parser.add_argument("--keys", type=Path, required=True, help="folder for alipay.pem, and for the private key")
    parser.add_argument("--charset", default="utf-8", choices=["utf-8", "gbk"])
    parser.add_argument("--refund-fen", type=int, default=0, help="give this much back afterwards")
    given = parser.parse_args(arguments)
    sim = Alipay(charset=given.charset, key=_kept_key(given.keys), seed=random.SystemRandom().randrange(10**6))
    sim.write_public_key(given.keys)
    trade, sent = asyncio.run(sim.pay(given.url, given.out_trade_no, given.amount_fen))
    if sent.ok and given.refund_fen:
        sent = asyncio.run(sim.refund(given.url, trade, given.refund_fen, f"R{trade.trade_no}"))
    sys.stdout.write(f"{trade.trade_no} {sent.sends} {sent.status} {sent.answer.decode('latin-1')}\n")
    return 0 if sent.ok else 1


def _kept_key(folder: Path) -> rsa.RSAPrivateKey:
    """The simulator's key of that folder, made on first use."""
    path = folder / "alipay-private.pem"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(65537, 2048)
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.touch(mode=0o600)
        path.write_bytes(text)
    loaded = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise TypeError("alipay-private.pem holds no RSA key")
    return loaded


if __name__ == "__main__":
    sys.exit(main())
