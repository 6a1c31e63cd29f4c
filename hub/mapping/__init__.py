"""The YAML mapping language: model, lint, compile, run, explain, coverage."""

from hub.mapping.lint import lint_mapping
from hub.mapping.load import load_mapping
from hub.mapping.run import Flag, Made, Mapping, run_first_matching

__all__ = ["Flag", "Made", "Mapping", "lint_mapping", "load_mapping", "run_first_matching"]
