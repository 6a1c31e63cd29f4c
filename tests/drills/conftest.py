"""The command within this process, as the verbs' own tests have it."""

from tests.cli.conftest import billhub

__all__ = ["billhub"]
