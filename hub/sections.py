"""The sections of a unit's YAML, field by field.

The text under a field is its line in `docs/settings.md`, English then Chinese; a field without one fails a test.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from hub.adapter import AnswerPoint
from hub.bill.model import Code, Text
from hub.regions import Region

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""A name that may stand in a path: lower-case letters, digits, dot, dash, underscore."""


class Section(BaseModel):
    """Part of a unit's YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    """When it is issued: by itself once paid, when a person says so, or never (`shadow` issues nothing).
    何时开具:缴清即开、由人决定、从不开具(影子运行)。"""
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


class DoorSection(Section):
    """Where a source's bytes come in; exactly one of the two, or the word `http`."""

    mllp: Annotated[str, StringConstraints(pattern=r"^[^:\s]*:\d{1,5}$")] | None = None
    """HOST:PORT of an MLLP door; port 0 takes a free one.
    MLLP 监听地址;端口 0 为任取。"""
    folder: Text | None = None
    """Folder whose files are taken in, relative to this file.
    收文件的目录,相对于本文件。"""

    @model_validator(mode="after")
    def _one(self) -> DoorSection:
        if (self.mllp is None) == (self.folder is None):
            raise ValueError("write one of mllp: HOST:PORT, folder: PATH, or just http")
        return self


class SourceSection(Section):
    """One sender: its adapter, its door, its mappings."""

    adapter: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9_]+$")]
    """The adapter that speaks the sender's protocol, from `docs/adapters.md`.
    适配器,见 `docs/adapters.md`。"""
    door: Literal["http"] | DoorSection = "http"
    """`http` (at /in/UNIT/SOURCE), `{mllp: HOST:PORT}` or `{folder: PATH}`.
    收件口:`http`、`{mllp: …}` 或 `{folder: …}`。"""
    mappings: tuple[Text, ...] = ()
    """Mappings tried in this order; those under `mappings/` beside this file come before the packaged ones.
    映射,依次尝试;本文件旁 `mappings/` 里的优先。"""
    bill: Name | None = None
    """Which bill its charges make; may be left out where the unit has one.
    收费开哪种票;单位只有一种时可不写。"""
    charset: Text | None = None
    """Character set of messages that do not tell theirs.
    报文未声明时的字符集。"""
    answer: AnswerPoint | None = None
    """When the sender is answered: stored, judged, or with the bill; the adapter's own where left out.
    何时应答:已入库、已判定、带票据;缺省按适配器。"""
    answer_seconds: int = Field(default=8, ge=1, le=60)
    """Seconds an answer waits for the bill before it says the bill is being made.
    应答等待开票的秒数,过时先答处理中。"""
    trusts: tuple[Code, ...] | None = None
    """Channels whose payments count on this source's word alone; `all` for any.
    仅凭此来源即可认定到账的渠道;`all` 为全部。"""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The adapter's own settings, from `docs/adapters.md`; a value may be `{file: PATH}` or `{env: NAME}`.
    适配器自己的设置;值可写 `{file: 路径}` 或 `{env: 变量}`。"""

    @property
    def asks(self) -> bool:
        """Whether this source has a gateway to ask about payments."""
        return "gateway" in self.settings


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


class PlatformSection(Section):
    """The fiscal platform that countersigns."""

    url: Text
    """Address of the platform that countersigns.
    加签的财政平台地址。"""
    trust: Text | None = None
    """Folder of the certificates its signature is judged by, relative to this file.
    验证其签名的证书目录,相对于本文件。"""


class SigningSection(Section):
    """Keys of the unit and the platform."""

    keys: Text = "keys"
    """Folder with `unit.key` and `unit.pem`, relative to this file.
    存放 `unit.key`、`unit.pem` 的目录,相对于本文件。"""
    user_id: Text = "1234567812345678"
    """SM2 user id that goes into every signature.
    SM2 签名用户标识。"""
    platform: PlatformSection | None = None
    """The fiscal platform; without one bills stay `issued`.
    财政平台;不写则票据停在 `issued`。"""


class ProfileSection(Section):
    """What differs from region to region in the EInvoice XML; see `hub.issuing.profile.Profile` for the meanings."""

    tag: Text | None = None
    """EInvoiceTag; `CZ-EI-` and the province's two digits where left out.
    EInvoiceTag,缺省 `CZ-EI-` 加省份两位。"""
    version: Text | None = None
    """Version of the EInvoice form; 1.1.0 where left out.
    EInvoice 版本,缺省 1.1.0。"""
    specimen_suffix: Annotated[str, StringConstraints(pattern=r"^\d{2}$")] | None = None
    """Two digits after the bill code in EInvoiceSpecimenCode; 01 where left out.
    票样编码后两位,缺省 01。"""
    supervisor_code: Code | None = None
    """SupervisorAreaCode; the region where left out.
    财政部门区划,缺省同 `region`。"""
    red_amounts: Literal["negative", "positive"] | None = None
    """Sign of the amounts of a red bill; negative where left out.
    红票金额的正负,缺省为负。"""
    pay_modes: dict[Code, Code] | None = None
    """Pay channel → PayMode of the region.
    缴款渠道 → 本地 PayMode。"""
    pay_mode: Code | None = None
    """PayMode of channels not listed; 4 where left out.
    未列渠道的 PayMode,缺省 4。"""
    receiver_name: Text | None = None
    """RecName; the unit's name where left out.
    收款人全称,缺省为单位名称。"""
    receiver_account: Code | None = None
    """RecAcct, the receiving account.
    收款人账号。"""
    receiver_bank: Text | None = None
    """RecOpBk, the receiving bank.
    收款人开户行。"""
    issuer: Text = "系统"
    """HandlingPerson of a bill whose sender names nobody.
    未指明时的开票人。"""
    reviewer: Text = "系统"
    """Checker of a bill whose sender names nobody.
    未指明时的复核人。"""
    unit_seal: dict[Literal["id", "name", "hash"], Text] | None = None
    """The unit's seal as the platform registered it: id, name, hash.
    单位印章:编号、名称、散列。"""
    supervisor_seal: dict[Literal["id", "name", "hash"], Text] | None = None
    """The supervisor's seal: id, name, hash.
    监制章:编号、名称、散列。"""
    supervisor_remark: Text | None = None
    """SupervisorRemark, a text of the region.
    财政部门备注。"""


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


class QuotaSection(Section):
    """What a unit's senders may send through one door process; beyond, they are told to come again.

    The defaults let through what no unit was seen to send; only a flood meets them.
    """

    per_second: int = Field(default=200, ge=1, le=100_000)
    """Messages a second, over time.
    平均每秒消息数。"""
    burst: int = Field(default=4000, ge=1, le=1_000_000)
    """Messages at once, after a quiet time.
    空闲后可一次突发的消息数。"""
    in_flight: int = Field(default=512, ge=1, le=4096)
    """Deliveries that wait for their answer at the same time.
    同时等待应答的投递数。"""


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

    def bill_of(self, source: str) -> str:
        """The bill a source's charges make: its own, or the unit's only one, or empty."""
        named = self.sources[source].bill
        return named or (next(iter(self.bills)) if len(self.bills) == 1 else "")
