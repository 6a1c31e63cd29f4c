"""The base of every canonical record: frozen, no unknown names, an absent value left out rather than null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs its offset, for example +08:00")
    return value


def _real_day(value: str) -> str:
    date.fromisoformat(value)  # raises ValueError for 2026-02-30
    return value


Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=1000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\uFFFE\uFFFF]*$",
    ),
]
"""Text as a person wrote it; never empty, and nothing that XML cannot hold."""

Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f\uFFFE\uFFFF]*$"),
]
"""A code or a business number: always text on one line, leading zeros kept."""

Decimals = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")]
"""A quantity or a price: a decimal string, up to six places."""

Instant = Annotated[datetime, AfterValidator(_aware)]
"""A time with offset."""

Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real_day)]
"""A calendar day, yyyy-MM-dd."""


def empty(value: tuple[object, ...]) -> bool:
    """Whether a list holds nothing: it is then left out of JSON, as every absent value is."""
    return not value


class Record(BaseModel):
    """A frozen canonical record."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    def to_json(self) -> bytes:
        """UTF-8 JSON, absent values left out."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values, absent ones left out."""
        return self.model_dump(mode="json", exclude_none=True)
