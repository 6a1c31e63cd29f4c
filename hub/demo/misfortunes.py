"""What happens every day in the demonstration: repeats, forgeries, refunds and write-offs, after the bills are issued.

A refund is told only once its bill is there: told earlier, it would withdraw the bill, and no red one would follow.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.demo.drive import Driver
from hub.demo.world import APP_ID
from hub.simulators.alipay import blast, broken
from hub.simulators.hospital_bosssoft import Hospital


@dataclass(slots=True)
class Misfortunes:
    """What happened, for the report."""

    refunds: int = 0
    """paid by Alipay, given back in full, then credited by the HIS"""
    write_offs: int = 0
    """withdrawn by the Bosssoft HIS that had asked for them"""

    @property
    def reds(self) -> int:
        """Red bills that have to come of it."""
        return self.refunds + self.write_offs


async def repeat_and_forge(driver: Driver) -> None:
    """A notification told again, and one with a signature that cannot hold."""
    if not driver.paid:
        return
    alipay, url = driver.world.alipay, driver.url("demo-hospital/alipay")
    again = await alipay.finish(url, driver.paid[0][2])
    driver.expect("alipay repeat", again.answer, b"success")
    driver.driven.repeats += 1
    trade = driver.paid[-1][2]
    ((_, answer),) = await blast(url, [broken(alipay.sign(alipay.fields(trade)))])
    driver.expect("alipay forged", answer, b"fail")
    driver.driven.forged += 1


async def give_back(driver: Driver) -> Misfortunes:
    """A full refund and its credit, and a write-off."""
    done = Misfortunes()
    if driver.paid:
        his, charge, trade = driver.paid[-1]
        url = driver.url("demo-hospital/alipay")
        refunded = await driver.world.alipay.refund(url, trade, trade.amount_fen, f"R{trade.trade_no[-8:]}")
        driver.expect("alipay refund", refunded.answer, b"success")
        body, control_id = his.writer.credited(charge)
        driver.expect("hl7 credit", (await his.told(body, control_id)).code, "AA")
        await his.close()
        done.refunds += 1
    if driver.answered:
        told = driver.answered[-1]
        hospital = Hospital(driver.url("demo-hospital/bosssoft"), APP_ID, driver.world.bosssoft_key, driver.seed)
        reply = await hospital.write_off(told["billBatchCode"], told["billNo"])
        driver.expect("bosssoft write-off", (reply.result, reply.text), ("S0000", ""))
        done.write_offs += 1
    return done
