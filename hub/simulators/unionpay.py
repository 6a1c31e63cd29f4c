"""Plays UnionPay 5.1.0: signed back notifications under a chain of its own, and a gateway that answers queryTrans.

It shares no code with the adapter, so that neither hides the other's mistakes.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import parse_qsl, quote_plus

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hub.simulators.unionpay_chain import Chain, Merchant

State = Literal["paid", "not_yet", "unknown", "wrong_amount", "bad_signature", "cut", "failed", "stranger"]
"""How the gateway answers about a trade; `stranger` signs with a chain of the same names but other keys."""

SCHEDULE = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Seconds before each of the five sends; the real gaps are 0, 1, 2 and 4 minutes."""

CHINA = timezone(timedelta(hours=8))


@dataclass(slots=True)
class Trade:
    """A trade the gateway knows."""

    order_id: str
    txn_time: str
    amount_fen: int
    query_id: str
    state: State = "paid"
    orig_query_id: str = ""
    txn_type: str = "01"


@dataclass
class UnionPay:
    """One merchant's UnionPay. `trades` are what the gateway answers about, by orderId."""

    mer_id: str = "700000000000001"
    encoding: str = "UTF-8"
    chain: Chain = field(default_factory=Chain)
    trades: dict[str, Trade] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    """Every query the gateway got and found signed by the merchant."""

    merchant: Merchant = field(default_factory=Merchant)

    def __post_init__(self) -> None:
        self._last = 0
        self._serving: set[asyncio.Task[None]] = set()
        self._stranger: Chain | None = None

    @classmethod
    def kept(cls, folder: Path, mer_id: str = "700000000000001") -> UnionPay:
        """The UnionPay whose keys that folder keeps; the first call makes them."""
        return cls(mer_id, chain=Chain.kept(folder), merchant=Merchant.kept(folder))

    def write_files(self, folder: Path) -> dict[str, Path]:
        """Writes what a merchant is given, by the adapter's setting names: root, middle, sign_cert, sign_key."""
        folder.mkdir(parents=True, exist_ok=True)
        contents = {
            "root": ("root.cer", self.chain.root),
            "middle": ("middle.cer", self.chain.middle),
            "sign_cert": ("merchant.cer", self.merchant.pem),
            "sign_key": ("merchant-key.pem", self.merchant.key_pem),
        }
        for file, content in contents.values():
            (folder / file).touch(mode=0o600)
            (folder / file).write_bytes(content)
        return {name: folder / file for name, (file, _) in contents.items()}

    def trade(self, order_id: str, amount_fen: int, state: State = "paid", at: datetime | None = None) -> Trade:
        """A trade a buyer has paid, as the gateway will tell it when asked."""
        at = at or datetime.now(CHINA)
        self._last += 1
        made = Trade(order_id, f"{at:%Y%m%d%H%M%S}", amount_fen, f"{at:%Y%m%d%H%M%S}{self._last:07d}", state)
        self.trades[order_id] = made
        return made

    def fields(self, trade: Trade, resp_code: str = "00", **more: str) -> dict[str, str]:
        """The unsigned fields of a back notification; `more` adds or replaces, an empty value stays empty."""
        made = {
            "accNo": "6216****0018", "accessType": "0", "bizType": "000201", "currencyCode": "156",
            "encoding": self.encoding, "merId": self.mer_id, "orderId": trade.order_id, "queryId": trade.query_id,
            "respCode": resp_code, "respMsg": "成功[0000000]" if resp_code == "00" else f"失败[{resp_code}]",
            "settleAmt": str(trade.amount_fen), "settleCurrencyCode": "156", "settleDate": trade.txn_time[4:8],
            "signMethod": "01", "traceNo": trade.query_id[-6:], "traceTime": trade.txn_time[4:],
            "txnAmt": str(trade.amount_fen), "txnSubType": "01", "txnTime": trade.txn_time,
            "txnType": trade.txn_type, "version": "5.1.0", "exchangeRate": "",
        }  # fmt: skip
        if trade.orig_query_id:
            made["origQryId"] = trade.orig_query_id
        return made | more

    def sign(self, fields: Mapping[str, str], chain: Chain | None = None) -> dict[str, bytes]:
        """The fields with certificate and signature, as bytes in the encoding."""
        chain = chain or self.chain
        coded = {name: value.encode(self.encoding) for name, value in fields.items()}
        coded["signPubKeyCert"] = chain.leaf
        return coded | {"signature": sign_5_1(coded, chain.key)}

    def form(self, fields: Mapping[str, str], chain: Chain | None = None) -> bytes:
        """The signed body as it goes over the line."""
        return "&".join(f"{k}={quote_plus(v)}" for k, v in self.sign(fields, chain).items()).encode()

    def paid(self, order_id: str, amount_fen: int) -> bytes:
        """The signed body of one new payment, for a load generator to send when it likes."""
        return self.form(self.fields(self.trade(order_id, amount_fen)))

    async def pay(self, url: str, order_id: str, amount_fen: int, state: State = "paid") -> tuple[Trade, int]:
        """A buyer pays; the receiver is told. Returns the trade and the last HTTP status (0: no answer)."""
        trade = self.trade(order_id, amount_fen, state)
        return trade, await deliver(url, self.form(self.fields(trade)))

    async def refund(self, url: str, trade: Trade, amount_fen: int, *, cancel: bool = False) -> tuple[Trade, int]:
        """Gives back a part or all (04), or cancels the whole (31): a trade with an orderId of its own."""
        back = self.trade(f"{trade.order_id[:30]}R{self._last:05d}", amount_fen)
        back.txn_type, back.orig_query_id = ("31" if cancel else "04"), trade.query_id
        return back, await deliver(url, self.form(self.fields(back)))

    @contextlib.asynccontextmanager
    async def gateway(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Serves queryTrans and gives its URL."""
        server = await asyncio.start_server(self._serve, host, port)
        try:
            address = server.sockets[0].getsockname()
            yield f"http://{address[0]}:{address[1]}/gateway/api/queryTrans.do"
        finally:
            server.close()
            for task in tuple(self._serving):
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a task of our own: the streams module logs a traceback when one of its own is cancelled
        task = asyncio.create_task(self._answers(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                lengths = [line[15:] for line in head.split("\r\n") if line.startswith("content-length:")]
                body = await reader.readexactly(int(lengths[0]) if lengths else 0)
                answer = self.answer(body)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(answer))
                writer.write(answer)
                await writer.drain()
        except (EOFError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    def answer(self, body: bytes) -> bytes | None:
        """The gateway's answer to a queryTrans form, not url-encoded; None cuts the connection."""
        asked = dict(parse_qsl(body.decode(), keep_blank_values=True))
        head = {name: asked.get(name, "") for name in ("merId", "orderId", "txnTime")}
        head |= {
            "version": "5.1.0", "encoding": self.encoding, "signMethod": "01", "txnType": "00", "txnSubType": "00",
            "bizType": "000000", "accessType": "0",
        }  # fmt: skip
        if not self._from_merchant(asked):
            return self._told(head | {"respCode": "11", "respMsg": "验签失败[9100004]"})
        self.asked.append(asked)
        trade = self.trades.get(asked["orderId"])
        if trade is None or trade.txn_time != asked["txnTime"] or trade.state == "unknown":
            return self._told(head | {"respCode": "34", "respMsg": "查无此交易[2600000]"})
        if trade.state == "cut":
            return None
        return self._about(trade, head)

    def _about(self, trade: Trade, head: dict[str, str]) -> bytes:
        code = {"not_yet": "05", "failed": "61"}.get(trade.state, "00")
        amount = trade.amount_fen + (trade.state == "wrong_amount")
        more = {
            "respCode": "00", "respMsg": "成功[0000000]", "origRespCode": code, "origRespMsg": "结果[0000000]",
            "txnAmt": str(amount), "currencyCode": "156", "queryId": trade.query_id, "settleAmt": str(amount),
            "traceNo": trade.query_id[-6:], "traceTime": trade.txn_time[4:],
            "cardTransData": "{carrierAppTp=1&carrierTp=2}", "reserved": "[a=1&b={2]",
        }  # fmt: skip
        if trade.state == "stranger":
            self._stranger = self._stranger or Chain(self.chain.company, self.chain.sha1)
            return self._told(head | more, self._stranger)
        told = self._told(head | more)
        return told.replace(b"traceNo=", b"traceNo=9", 1) if trade.state == "bad_signature" else told

    def _told(self, fields: Mapping[str, str], chain: Chain | None = None) -> bytes:
        return b"&".join(name.encode() + b"=" + value for name, value in self.sign(fields, chain).items())

    def _from_merchant(self, asked: Mapping[str, str]) -> bool:
        coded = {name: value.encode() for name, value in asked.items() if name != "signature"}
        if asked.get("certId") != str(self.merchant.serial):
            return False
        try:
            signature = base64.b64decode(asked.get("signature", ""))
            self.merchant.key.public_key().verify(signature, digest_5_1(coded), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def digest_5_1(fields: Mapping[str, bytes]) -> bytes:
    """What 5.1.0 signs: the hex of the SHA-256 of the sorted, filled fields."""
    text = b"&".join(name.encode() + b"=" + fields[name] for name in sorted(fields) if fields[name])
    return sha256(text).hexdigest().encode()


def sign_5_1(fields: Mapping[str, bytes], key: rsa.RSAPrivateKey) -> bytes:
    """The base64 signature over `digest_5_1`."""
    return base64.b64encode(key.sign(digest_5_1(fields), padding.PKCS1v15(), hashes.SHA256()))


async def deliver(url: str, body: bytes, schedule: Sequence[float] = SCHEDULE) -> int:
    """Sends until 200 or 302, at most as often as the schedule says; returns the last status, 0 for no answer."""
    status = 0
    head = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=url.startswith("https:")) as client:
        for gap in schedule:
            await asyncio.sleep(gap)
            try:
                status = (await client.post(url, content=body, headers=head)).status_code
            except httpx.TransportError:
                status = 0
            if status in (200, 302):
                break
    return status


async def _serve_and_pay(given: argparse.Namespace) -> int:
    sim = UnionPay.kept(given.keys, given.mer_id)
    sim.write_files(given.keys)
    async with sim.gateway(port=given.port) as gateway:
        sys.stdout.write(f"{gateway}\n")
        sys.stdout.flush()
        trade, status = await sim.pay(given.url, given.order_id, given.amount_fen, given.state)
        sys.stdout.write(f"{trade.query_id} {status}\n")
        sys.stdout.flush()
        if status == 200:
            await asyncio.sleep(given.stay)
    return 0 if status == 200 else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Pays one order from the command line and answers queries about it for a while."""
    parser = argparse.ArgumentParser(prog="python -m hub.simulators.unionpay", description="Send one signed payment.")
    parser.add_argument("url", help="the backUrl, for example http://127.0.0.1:8080/in/demo/unionpay")
    parser.add_argument("order_id")
    parser.add_argument("amount_fen", type=int)
    parser.add_argument("--keys", type=Path, required=True, help="folder for the chain and the merchant's key")
    parser.add_argument("--mer-id", default="700000000000001")
    parser.add_argument("--state", default="paid", choices=get_args(State))
    parser.add_argument("--port", type=int, default=0, help="the gateway's")
    parser.add_argument("--stay", type=float, default=0, help="seconds to go on answering queries")
    return asyncio.run(_serve_and_pay(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
