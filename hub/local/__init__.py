"""Real servers on this machine, brought up in a folder: for demonstrations, drills and tests."""
