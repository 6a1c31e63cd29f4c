"""Java programs that judge from outside what we make: `tests/prepare.sh` brings their jars, pinned by jars.sha256."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
JARS: Final = Path(__file__).parents[2] / ".jars" / "judges"


def command(program: str) -> list[str]:
    """How a judge is started, from its source."""
    assert any(JARS.glob("*.jar")), "the judges' jars are missing: run `sh tests/prepare.sh`"
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Djava.awt.headless=true")
    return ["java", *quick, "-cp", str(JARS / "*"), str(FOLDER / program)]
