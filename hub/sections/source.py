"""Of a unit's file: its senders, and where their bytes come in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from hub.adapter import AnswerPoint
from hub.bill.model import Code, Text
from hub.sections.section import Name, Section


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
