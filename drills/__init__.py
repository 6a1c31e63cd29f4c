"""Drills: a whole cluster on this machine, under load, and something goes wrong; each ends in a verdict from outside.

`play.py` runs them, each file of `stories/` is one. `billhub drill list` names them, `make drills` plays all of them
in their long form and writes README.md. Nothing of the hub imports this package.
"""
