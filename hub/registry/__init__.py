"""Which adapters and mappings there are, and how a source's settings fit its adapter."""

from hub.registry.binding import bind
from hub.registry.finding import AdapterSpec, adapter, adapters, fault_modules
from hub.registry.mappings import mapping_path, mappings_folder, mappings_of

__all__ = [
    "AdapterSpec",
    "adapter",
    "adapters",
    "bind",
    "fault_modules",
    "mapping_path",
    "mappings_folder",
    "mappings_of",
]
