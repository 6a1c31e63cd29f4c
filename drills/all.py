"""What `billhub drill` and `python -m drills` use."""

from __future__ import annotations

from drills.catalogue import catalogue
from drills.needs import check, missing
from drills.play import Report, run

__all__ = ["Report", "catalogue", "check", "missing", "run"]
