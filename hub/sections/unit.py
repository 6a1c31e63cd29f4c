"""A unit's file: who issues which bills, for whom, by which policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hub.bill.model import Code, Text
from hub.regions import Region
from hub.sections.section import Name, QuotaSection, Section
from hub.sections.signing import ProfileSection, SigningSection
from hub.sections.source import SourceSection


class UnitSection(Section):
    """用票单位."""

    id: Name
    """Short name of the unit; part of every address and of every id, so keep it once chosen.
    单位的短名,是地址和编号的一部分,定下后不要改。"""
    name: Text
    """Name as it stands on the bills.
    票面上的单位名称。"""
    uscc: Code
    """Unified social credit code, 18 characters.
    统一社会信用代码,18 位。"""
    code: Code | None = None
    """The unit's code at the fiscal platform; `uscc` where left out.
    财政平台上的单位编码,缺省用 `uscc`。"""
    region: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    """Region of the supervisor, 6 digits; the first two begin the bill code.
    财政区划,6 位,前两位是票据代码的开头。"""


class BillSection(Section):
    """A bill the unit issues."""

    kind: Code
    """Kind of bill, from `docs/codes.md`.
    票据种类,见 `docs/codes.md`。"""
    name: Text | None = None
    """Bill name on its face; the kind's own where left out.
    票面名称,缺省按种类。"""
    issue: Literal["on_payment", "manual", "shadow"] = "on_payment"
    """When it is issued: by itself once paid, when a person says so (`billhub release`), or never (`shadow`).
    何时开具:缴清即开、由人放行 (`billhub release`)、从不开具(影子运行 `shadow`)。"""
    issuer: Literal["local"] = "local"
    """Who numbers and signs: the hub itself.
    谁赋号签名:本系统。"""
    type: Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
    """Four digits of the bill code, after the province; the year follows when the bill is issued.
    票据代码中间的四位种类码,年份开票时加上。"""
    max_items: int | None = Field(default=None, ge=1)
    """Items a face holds; the kind's own cap where left out.
    票面项目上限,缺省按种类。"""
    over_items: Literal["issue", "split", "park"] = "issue"
    """More items than that: issue and flag, split into several bills, or park.
    超过上限时:照开并标记、拆成多张、挂起。"""


class InsurerSection(Section):
    """An insurer that may pull bills."""

    id: Name
    """Name of the insurer, as in `billhub keys insurer ID`.
    保险公司编号,与 `billhub keys insurer` 一致。"""
    scopes: tuple[Literal["bills:read", "bills:claim"], ...] = ("bills:read",)
    """What it may do.
    可用的权限。"""
    sees: Literal["confirmed", "issued"] = "confirmed"
    """Bills from which status on it may see.
    从哪个状态起可以看到票据。"""


class PolicySection(Section):
    """What to do where the facts do not decide. Every default parks or waits; nothing guesses (design: Money)."""

    overpayment: Literal["park", "issue"] = "park"
    """More money than owed: park, or issue and keep the surplus as a refund due.
    多付:挂起,或照开并记为应退。"""
    underpayment: Literal["wait", "park"] = "wait"
    """Less money than owed: wait for the rest, or park.
    少付:等余款,或挂起。"""
    charge_revised: Literal["park", "reissue"] = "park"
    """A charge changed after its bill: park, or red and a new blue.
    开票后收费有改:挂起,或红冲重开。"""
    contradiction: Literal["park"] = "park"
    """Keys that contradict each other park, always.
    关键字互相矛盾:一律挂起。"""
    zero_total: Literal["park", "issue"] = "park"
    """Nothing is owed: park, or issue a bill over 0.00.
    金额为零:挂起,或开零元票。"""


class NumbersSection(Section):
    """When the unit gets numbers from the regions above it, by itself.

    The defaults: a hospital of 10,000 bills a day has minutes of its busiest hour left when it is refilled,
    which costs one small transaction; a unit of a few bills a day holds no more than 1,200 numbers idle.
    """

    low: int = Field(default=200, ge=0, le=1_000_000)
    """Free numbers below which it is refilled.
    可用号码低于此数时自动补号。"""
    refill: int = Field(default=1000, ge=0, le=1_000_000)
    """How many numbers it gets then; 0 turns it off.
    每次补给的号码数;0 为不自动补。"""


class UnitConfig(Section):
    """A unit's file."""

    unit: UnitSection
    """Who issues.
    用票单位。"""
    bills: dict[Name, BillSection] = Field(min_length=1)
    """Bills the unit issues, by a name of its own.
    开具的票据,名称自定。"""
    sources: dict[Name, SourceSection] = Field(default_factory=dict)
    """Senders, by a name of its own; it is part of the address.
    来源,名称自定,是地址的一部分。"""
    insurers: tuple[InsurerSection, ...] = ()
    """Insurers that may pull bills.
    可拉取票据的保险公司。"""
    policy: PolicySection = PolicySection()
    """What to do where the facts do not decide.
    事实不能决定时怎么办。"""
    signing: SigningSection = SigningSection()
    """Keys and the platform.
    密钥与财政平台。"""
    profile: ProfileSection = ProfileSection()
    """What differs from region to region in the EInvoice XML.
    各地 EInvoice XML 的差异。"""
    numbers: NumbersSection = NumbersSection()
    """When it gets numbers from the regions above it.
    何时由上级区划补号。"""
    quota: QuotaSection | None = None
    """What its senders may send; the hub's own where left out.
    收件配额,缺省用 hub.yaml 的。"""
    path: Path = Field(default=Path(), exclude=True)
    above: tuple[Region, ...] = Field(default=(), exclude=True)

    @property
    def folder(self) -> Path:
        """Where relative paths of the file start."""
        return self.path.parent

    @property
    def calls_out(self) -> bool:
        """Whether it has someone outside to talk to: a fiscal platform, or a channel that is asked."""
        return self.signing.platform is not None or any(source.asks for source in self.sources.values())

    def bill_of(self, source: str) -> str:
        """The bill a source's charges make: its own, or the unit's only one, or empty."""
        named = self.sources[source].bill
        return named or (next(iter(self.bills)) if len(self.bills) == 1 else "")
