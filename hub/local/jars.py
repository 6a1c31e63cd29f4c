"""Kafka's jars: fetched by Maven, which knows its mirrors, and held to checksums on record.

A folder that holds them already is used as it is, so that a machine without a network can be given one.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from hub.errors import Config
from hub.local.faults import FETCH_FAILED, NO_JAVA, NO_MAVEN, WRONG_JAR

VERSION: Final = "4.4.0"
LEAST_JAVA: Final = 17
_ON_RECORD: Final = Path(__file__).with_name(f"kafka-{VERSION}.sha256")
_ROOTS: Final = (("org.apache.kafka", "kafka_2.13", VERSION), ("org.slf4j", "slf4j-simple", "1.7.36"))
_FETCH_SECONDS: Final = 600
_DEPENDENCY: Final = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
_PROJECT: Final = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    "<groupId>billhub</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>"
    "<dependencies>{}</dependencies></project>"
)


def kafka_jars(cache: Path) -> Path:
    """The folder of the jars below `cache`, fetched first where they are not there or were altered.

    Raises:
        Config: no Maven, no network, or a jar with another checksum.
    """
    folder = cache.absolute() / f"kafka-{VERSION}"
    if folder.is_dir() and first_wrong(folder) is None:
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise NO_MAVEN(folder=folder)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as work:
        fetched = Path(work).absolute() / "jars"
        _fetch(maven, Path(work), fetched)
        wrong = first_wrong(fetched)
        if wrong is not None:
            raise WRONG_JAR(name=wrong)
        _put(fetched, folder)
    return folder


def java() -> str:
    """The `java` that runs the broker.

    Raises:
        Config: none, or one too old.
    """
    found = shutil.which("java")
    if found is None:
        raise NO_JAVA(least=LEAST_JAVA, found="no java on PATH")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < LEAST_JAVA:
        raise NO_JAVA(least=LEAST_JAVA, found=said.partition("\n")[0] or found)
    return found


def on_record() -> dict[str, str]:
    """Jar → its SHA-256."""
    lines = _ON_RECORD.read_text("ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def first_wrong(folder: Path) -> str | None:
    """The first jar of a folder that is missing, altered or not on record; None where all is well."""
    wanted = on_record()
    for name in sorted(wanted | {path.name: "" for path in folder.glob("*.jar")}):
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != wanted.get(name):
            return name
    return None


def _fetch(maven: str, work: Path, into: Path) -> None:
    project = work / "pom.xml"
    project.write_text(_PROJECT.format("".join(_DEPENDENCY.format(*root) for root in _ROOTS)), "utf-8")
    command = [maven, "-B", "-q", "-f", str(project), "dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise FETCH_FAILED(found=f"no answer within {_FETCH_SECONDS} s") from None
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
        raise FETCH_FAILED(found=said[0] if said else f"mvn ended with {done.returncode}")


def _put(fetched: Path, folder: Path) -> None:
    """Renames the new folder into its place; another process of the same moment may have been first."""
    if folder.exists():
        folder.rename(fetched.with_name("altered"))
    try:
        fetched.rename(folder)
    except OSError:
        if first_wrong(folder) is not None:
            raise


def main(arguments: list[str]) -> int:
    """`python -m hub.local.jars FOLDER` fetches them; 0, or 3 with a line that says why not."""
    try:
        print(kafka_jars(Path(*arguments)))
    except Config as fault:
        print(f"{fault} -> {fault.do('en')}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
