"""The closed list of transforms, complete. Import it from here: importing fills the list."""

from __future__ import annotations

from hub.mapping import transforms_amount, transforms_text, transforms_time
from hub.mapping.transform import TRANSFORMS, Around, BadValueError, Transform, shape

__all__ = [
    "TRANSFORMS",
    "Around",
    "BadValueError",
    "Transform",
    "shape",
    "transforms_amount",
    "transforms_text",
    "transforms_time",
]
