"""What the senders do, charge after charge. Each step waits for its acknowledgement; the hub may die between any two.

A step is written down when it was acknowledged, and what must come of it is computed from that alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.simulators.alipay import Trade
from hub.simulators.hospital_bosssoft import METHODS, Hospital
from hub.simulators.hospital_hl7_words import Charge, Writer
from tests.crash.acknowledged import Told
from tests.crash.senders import Senders

Lane = Callable[[Senders, Writer, int], Awaitable[None]]
"""(senders, the HIS's writer, a number of its own that takes its turns) → one charge from its start to its end."""


async def paid_by_phone(senders: Senders, writer: Writer, number: int) -> None:
    """Alipay, now and then before the charge is told; every fourth UnionPay."""
    charge = writer.charge()
    if number % 4 == 0:
        await _alipay(senders, charge)
    await _charged(senders, charge)
    if number % 4 == 1:
        unionpay = senders.town.world.unionpay
        trade = unionpay.trade(charge.charge_no, charge.amount_fen)
        await senders.unionpay(unionpay.form(unionpay.fields(trade)))
        senders.acknowledged.of(charge.charge_no).paid[trade.query_id] = trade.amount_fen
    elif number % 4:
        await _alipay(senders, charge)


async def paid_in_cash(senders: Senders, writer: Writer, number: int) -> None:
    charge = writer.charge(cash=True)
    told = await _charged(senders, charge)
    told.with_it = charge.amount_fen


async def answered(senders: Senders, writer: Writer, number: int) -> None:
    """A HIS that gets the bill in the answer; it asks twice for every third."""
    data = Hospital("", seed=number).bill("outpatient")
    told = await _asked(senders, number, data)
    if number % 3 == 0:
        assert await _asked(senders, number, data) is told


async def written_off(senders: Senders, writer: Writer, number: int) -> None:
    """A HIS that withdraws the bill it was answered with, and asks twice for every third."""
    told = await _asked(senders, number, Hospital("", seed=number).bill("outpatient"))
    assert told.answer is not None
    code, bill_number = told.answer
    data = {"billBatchCode": code, "billNo": bill_number, "reason": "退费", "operator": "王收费"}
    data |= {"busDateTime": "20261125090000000", "placeCode": "001"}
    for _ in range(2 if number % 3 == 0 else 1):
        reply = await senders.bosssoft(number, "writeOffEBill", data)
        red = reply.message["eScarletBillBatchCode"], reply.message["eScarletBillNo"]
        assert told.red_answer in {None, red}, "two red bills for one bill"
        told.red_answer, told.cancelled = red, True
    told.seen = told.wrong = 1


async def given_back(senders: Senders, writer: Writer, number: int) -> None:
    """Paid, and given back in full, every other time before anybody saw a bill.

    Then, in turn: the HIS withdraws the charge; nobody says what becomes of it; it is paid again.
    """
    charge, told, trade = await _paid(senders, writer)
    await _wrong(senders, told, see=number % 2 == 0)
    await _refunded(senders, told, trade, trade.amount_fen)
    if number % 3 == 0:
        await _credited(senders, writer, charge, told)
    elif number % 3 == 1:
        await _alipay(senders, charge)


async def partly_given_back(senders: Senders, writer: Writer, number: int) -> None:
    """A line is taken back: its money by Alipay, the line by the HIS, in this order or the other."""
    charge, told, trade = await _paid(senders, writer, lines=3)
    revised = writer.revised(charge)
    await _wrong(senders, told, see=number % 4 < 2)
    if number % 2:
        await _revised(senders, told, revised)
    await _refunded(senders, told, trade, charge.amount_fen - revised.amount_fen)
    if number % 2 == 0:
        await _revised(senders, told, revised)


async def withdrawn(senders: Senders, writer: Writer, number: int) -> None:
    """The HIS takes a charge back: in turn before it is paid, as soon as it is, or once its bill is there."""
    if number % 3 == 0:
        charge = writer.charge()
        await _credited(senders, writer, charge, await _charged(senders, charge))
        return
    charge, told, trade = await _paid(senders, writer)
    await _wrong(senders, told, see=number % 3 == 2)
    await _credited(senders, writer, charge, told)
    await _refunded(senders, told, trade, trade.amount_fen)


PAYING: tuple[Lane, ...] = (paid_by_phone, paid_in_cash, answered)
TAKING_BACK: tuple[Lane, ...] = (written_off, given_back, partly_given_back, withdrawn)


async def _charged(senders: Senders, charge: Charge) -> Told:
    await senders.hl7(charge.body, charge.control_id)
    told = senders.acknowledged.of(charge.charge_no)
    told.totals.append(charge.amount_fen)
    return told


async def _alipay(senders: Senders, charge: Charge) -> Trade:
    alipay = senders.town.world.alipay
    trade = alipay.trade(charge.charge_no, charge.amount_fen)
    await senders.alipay(alipay.sign(alipay.fields(trade)))
    senders.acknowledged.of(charge.charge_no).paid[trade.trade_no] = trade.amount_fen
    return trade


async def _paid(senders: Senders, writer: Writer, lines: int | None = None) -> tuple[Charge, Told, Trade]:
    charge = writer.charge(lines)
    told = await _charged(senders, charge)
    return charge, told, await _alipay(senders, charge)


async def _wrong(senders: Senders, told: Told, *, see: bool) -> None:
    """What comes next makes the bill wrong, that is there already where the sender has to `see` it first."""
    told.wrong += 1
    if see:
        await senders.issued(told.charge_no)
        told.seen += 1


async def _refunded(senders: Senders, told: Told, trade: Trade, fen: int) -> None:
    alipay = senders.town.world.alipay
    fields = alipay.refund_fields(trade, fen, f"R{trade.trade_no}")
    await senders.alipay(alipay.sign(fields))
    told.back[trade.trade_no] = trade.refunded_fen


async def _credited(senders: Senders, writer: Writer, charge: Charge, told: Told) -> None:
    await senders.hl7(*writer.credited(charge))
    told.totals.append(0)


async def _revised(senders: Senders, told: Told, revised: Charge) -> None:
    await senders.hl7(revised.body, revised.control_id)
    told.totals.append(revised.amount_fen)


async def _asked(senders: Senders, number: int, data: dict[str, Any]) -> Told:
    reply = await senders.bosssoft(number, METHODS["outpatient"], data)
    answer = reply.message["billBatchCode"], reply.message["billNo"]
    told = senders.acknowledged.of(data["busNo"])
    assert told.answer in {None, answer}, "two bills for one busNo"
    told.answer, told.totals = answer, [_fen(data["totalAmt"])]
    told.with_it = told.totals[0]
    return told


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))
