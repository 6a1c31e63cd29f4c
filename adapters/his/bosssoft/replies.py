"""A bill in the words of the interface: what issue, write-off and the state question answer.

Times are 17 digits (yyyyMMddHHmmssSSS) in Asia/Shanghai, as the requests have them.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from adapters.his.bosssoft.qr import qr_png
from hub.bill.bill import Bill

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")


def issued(bill: Bill, picture: str, picture_net: str) -> dict[str, str]:
    """The answer to an issue method; the addresses are templates with {code}, {number}, {check_code}."""
    return {
        "billBatchCode": bill.bill_code or "",
        "billNo": bill.bill_number or "",
        "random": bill.check_code or "",
        "createTime": digits17(bill.issued_at),
        "billQRCode": qr_png(_qr_text(bill, picture_net)),
        "pictureUrl": _address(picture, bill),
        "pictureNetUrl": _address(picture_net, bill),
        "billBusDate": digits17(bill.business_at),
    }


def written_off(red: Bill, picture: str, picture_net: str) -> dict[str, str]:
    """The answer to writeOffEBill: the red bill has a code, a number and a check code of its own."""
    return {
        "eScarletBillBatchCode": red.bill_code or "",
        "eScarletBillNo": red.bill_number or "",
        "eScarletRandom": red.check_code or "",
        "createTime": digits17(red.issued_at),
        "billQRCode": qr_png(_qr_text(red, picture_net)),
        "pictureUrl": _address(picture, red),
        "pictureNetUrl": _address(picture_net, red),
        "billBusDate": digits17(red.business_at),
    }


def state(bill: Bill) -> dict[str, str]:
    """The answer to getEBillStatesByBillInfo: state 1 正常 2 作废, isScarlet 0 未开红票 1 已开 (domain: bills 4.2)."""
    reds = [related for related in bill.related if related.relation == "reversed_by"]
    shown = {
        "billBatchCode": bill.bill_code or "",
        "billNo": bill.bill_number or "",
        "state": "2" if bill.status == "void" else "1",
        "isScarlet": "1" if reds or bill.status == "reversed" else "0",
    }
    if reds:
        shown |= {"scarletBillBatchCode": reds[0].bill_code, "scarletBillNo": reds[0].bill_number}
    return shown


def numbered(bill: Bill | None) -> bool:
    """Whether there is a bill to answer with: one that has its number and check code."""
    return bill is not None and bool(bill.bill_code and bill.bill_number and bill.check_code)


def digits17(at: datetime | None) -> str:
    """A time as 17 digits (yyyyMMddHHmmssSSS) in Asia/Shanghai, or empty."""
    if at is None:
        return ""
    local = at.astimezone(CHINA)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def _qr_text(bill: Bill, picture_net: str) -> str:
    """The picture's public address, where there is one; else what a bill is looked up by, with its day and amount."""
    if picture_net:
        return _address(picture_net, bill)
    day = digits17(bill.issued_at)[:8]
    return ",".join((bill.bill_code or "", bill.bill_number or "", bill.check_code or "", day, bill.total_fen.yuan))


def _address(template: str, bill: Bill) -> str:
    return (
        template.replace("{code}", bill.bill_code or "")
        .replace("{number}", bill.bill_number or "")
        .replace("{check_code}", bill.check_code or "")
    )
