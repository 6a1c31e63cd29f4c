"""A mapping file as pydantic models: its shape and its JSON Schema. What is wrong, and where, `lint` says.

Every scalar is text. One explicit form everywhere; the only choice is one list or several for `items` and its like.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from hub.adapter import Reads
from hub.mapping.fields import KINDS, LISTS, Emit
from hub.mapping.transform import Transform
from hub.mapping.transforms import TRANSFORMS

_SCALAR: Final = {"type": ["string", "number", "boolean"]}
_TEXTS: Final = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
_CONDITIONS: Final = {"type": "object", "minProperties": 1, "additionalProperties": _TEXTS}


def _argument(transform: Transform) -> dict[str, Any]:
    pair = {"type": "array", "items": _SCALAR, "minItems": 2, "maxItems": 2}
    shapes: dict[str, dict[str, Any]] = {
        "split": pair,
        "part": pair,
        "pair": pair,
        "texts": _TEXTS,
        "formats": _TEXTS,
        "when": _CONDITIONS,
    }
    return {**shapes.get(transform.argument, _SCALAR), "description": transform.sentence}


def _step_schema() -> dict[str, Any]:
    without = [one for one in TRANSFORMS.values() if one.argument == "none"]
    with_one = {one.name: _argument(one) for one in TRANSFORMS.values() if one.argument != "none"}
    return {
        "anyOf": [
            {
                "enum": [one.name for one in without],
                "description": "; ".join(f"{t.name}: {t.sentence}" for t in without),
            },
            {
                "type": "object",
                "properties": with_one,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_blocks(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Scalar = Annotated[str, WithJsonSchema(_SCALAR)]
Conditions = Annotated[
    dict[str, Annotated[tuple[str, ...], BeforeValidator(_as_list)]],
    Field(min_length=1),
    WithJsonSchema({**_CONDITIONS, "description": 'PATH: text or texts; "*" is present, "" is absent; all must hold'}),
]
Step = Annotated[str | dict[str, Any], WithJsonSchema(_step_schema())]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Const(_Part):
    """A fixed text."""

    const: Scalar


_ONE_OF: Final[dict[str, Any]] = {"oneOf": [{"required": [one]} for one in ("from", "first", "const", "concat")]}


class SourceSpec(_Part):
    """Where a canonical field comes from: exactly one of from, first, const, concat; then the steps of via."""

    model_config = ConfigDict(json_schema_extra=_ONE_OF)

    from_: Scalar | None = Field(default=None, alias="from", description="the path")
    first: tuple[Scalar, ...] | None = Field(default=None, min_length=1, description="the first path with a text")
    const: Scalar | None = Field(default=None, description="a fixed text")
    concat: tuple[Scalar | Const, ...] | None = Field(default=None, min_length=1, description="paths and texts, joined")
    via: tuple[Step, ...] = Field(default=(), description="transforms, in order")


def _field_names(names: set[str]) -> dict[str, Any]:
    return {"propertyNames": {"enum": sorted(names)}, "minProperties": 1}


_EVENT_NAMES: Final = {name for kind in KINDS.values() for name in kind.fields}
_LINE_NAMES: Final = {name for kind in KINDS.values() for lines in kind.lists.values() for name in lines.fields}


class LinesSpec(_Part):
    """A list of lines: one for each element the path selects."""

    each: Scalar = Field(description='the repeated part; "." is the element itself')
    where: Conditions | None = Field(default=None, description="only elements for which all of this holds")
    fields: dict[str, SourceSpec] = Field(json_schema_extra=_field_names(_LINE_NAMES))


Blocks = Annotated[tuple[LinesSpec, ...], BeforeValidator(_as_blocks)]
LINES_HERE: Final = "lines"
"""Stands in the schema where one LinesSpec or several may be; `schema` puts the reference there."""
_BLOCKS: Final = WithJsonSchema({"$comment": LINES_HERE})


class EventSpec(_Part):
    """An event the mapping makes."""

    emit: Emit
    when: Conditions | None = Field(default=None, description="skip the event unless all of this holds")
    each: Scalar | None = Field(default=None, description="one event for each element of this path")
    where: Conditions | None = Field(default=None, description="only elements for which all of this holds")
    fields: dict[str, SourceSpec] = Field(json_schema_extra=_field_names(_EVENT_NAMES))
    items: Annotated[Blocks, _BLOCKS] = ()
    details: Annotated[Blocks, _BLOCKS] = ()
    extensions: Annotated[Blocks, _BLOCKS] = ()
    charge_nos: Annotated[Blocks, _BLOCKS] = ()

    def blocks(self) -> dict[str, tuple[LinesSpec, ...]]:
        """The lists that are written, by name."""
        return {name: getattr(self, name) for name in LISTS if getattr(self, name)}


class RequireSpec(_Part):
    """What has to hold of every such element, or the message parks: for what no line may be left out over."""

    each: Scalar = Field(description='the repeated part; "." is the message')
    where: Conditions | None = Field(default=None, description="only elements for which all of this holds")
    holds: Conditions = Field(description="what has to hold")


class MappingFile(_Part):
    """A mapping: which messages it is for, and the events it makes of one."""

    mapping: Scalar = Field(description="family/vendor/message, the file's own place without .yaml")
    reads: Reads
    when: Conditions | None = Field(default=None, description="the messages this mapping is for")
    tables: dict[str, Scalar] = Field(default_factory=dict, description="code tables: name, CSV file from,to[,note]")
    require: tuple[RequireSpec, ...] = Field(default=(), description="what parks the message where it does not hold")
    events: tuple[EventSpec, ...] = Field(min_length=1)
