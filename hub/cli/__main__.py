"""`python -m hub.cli`: the same command."""

from hub.cli.main import main

main()
