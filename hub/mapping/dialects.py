"""Which dialect of paths belongs to which `reads`."""

from __future__ import annotations

from typing import Final

from hub.adapter import Reads
from hub.mapping.paths import Dialect
from hub.mapping.paths_flat import Flat
from hub.mapping.paths_hl7v2 import Hl7v2
from hub.mapping.paths_json import Json
from hub.mapping.paths_xml import Xml

DIALECTS: Final[dict[Reads, Dialect]] = {
    "hl7v2": Hl7v2(),
    "xml": Xml(),
    "json": Json(),
    "form": Flat("trade_no"),
    "table": Flat("学号"),
}
