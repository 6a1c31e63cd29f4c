"""What the bad-input tests send: one invented person, and messages that hold him. No answer and no log may."""

from __future__ import annotations

from collections.abc import Sequence

NAME = "贺不漏"
ID_NO = "110101199001011237"
PHONE = "13900077123"
PERSON = (NAME, ID_NO, PHONE)


def holds_person(data: bytes) -> bool:
    """Whether bytes hold the person, in any character set that is spoken here."""
    return any(text.encode(codec) in data for text in PERSON for codec in ("utf-8", "gb18030", "utf-16-le"))


def dft(
    control: str,
    *,
    visit: str = "",
    amounts: Sequence[str] = ("100.00",),
    kind: str = "DFT^P03",
    version: str = "2.4",
    charset: str = "UNICODE UTF-8",
    paid: str = "",
    channel: str = "CASH",
    head: str = "",
    more: str = "",
) -> str:
    """A charge of the person's; `paid` adds a PY line; `head` replaces MSH as a whole."""
    at = "20261125090000"
    head = head or rf"MSH|^~\&|HIS|HOSP|BILLHUB|HUB|{at}||{kind}|{control}|P|{version}||||||{charset}"
    lines = [
        head,
        f"EVN|P03|{at}",
        f"PID|1||P1^^^HOSP^PI~{ID_NO}^^^GA^NI||{NAME}||19900101|M|||||{PHONE}|||||{visit}",
        f"PV1|1|O|0102^^^HOSP{'|' * 16}{visit}",
        *(
            f"FT1|{index}|||{at}|{at}|CG|XYF^西药费^LOCAL|||1|{amount}&CNY|{amount}&CNY"
            for index, amount in enumerate(amounts, 1)
        ),
    ]
    if paid:
        lines.append(f"FT1|9|||{at}|{at}|PY|{channel}||||{paid}&CNY")
    return "\r".join(lines) + "\r" + more
