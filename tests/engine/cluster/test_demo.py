"""The demonstration on a cluster: the same play, the same expectations as on the embedded hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.demo import stage
from hub.demo.show import Wish, show
from tests.engine.cluster.broker import CACHE

pytestmark = pytest.mark.timeout(240)


async def test_the_whole_demonstration_holds_on_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "JARS", CACHE)
    report = await show(Wish(bills=24, port=0, folder=tmp_path, cluster=True))
    assert [one for one in report["expectations"] if not one["ok"]] == []
    assert (report["charges"], report["waiting"], report["parked"]) == (24, 0, 0)
    assert report["books"]["balanced"]
