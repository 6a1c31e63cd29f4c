"""compose.yaml, Containerfile and hub files: what they name is there, and every command is one that the hub takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from hub.cli.main import APP
from hub.hubfile import load_hub
from hub.local.jars import VERSION
from tests.deploy.lock import FILE, cluster_lock, entries
from tests.deploy.units import ROLE, service
from tests.docs.blocks import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ROLES = ("door", "worker", "issuer", "relay", "console")
GIVEN = {"deploy/units", "deploy/trust", "deploy/secrets"}
"""What the operator brings, or secrets.sh makes."""
HUB_FILES = sorted(DEPLOY.glob("hub*.yaml"))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_limited_watched_and_kept(name: str) -> None:
    one = SERVICES[name]
    assert {"mem_limit", "cpus", "pids_limit", "healthcheck", "restart", "logging"} <= one.keys()
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r":\d+\.\d+[\w.-]*$", one["image"])
    if "profiles" not in one:
        assert one["restart"] == "unless-stopped"
        assert one["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    for port in one.get("ports", ()):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", SERVICES)
def test_everything_a_service_names_is_there(name: str) -> None:
    one = SERVICES[name]
    for volume in one.get("volumes", ()):
        source = volume.partition(":")[0]
        path = str(Path("deploy") / source)
        assert source in COMPOSE["volumes"] or path in GIVEN or (ROOT / path).exists(), volume
    for secret in one.get("secrets", ()):
        assert (secret if isinstance(secret, str) else secret["source"]) in COMPOSE["secrets"], secret
    for network in one["networks"]:
        assert network in COMPOSE["networks"]
    for other in one.get("depends_on", ()):
        assert other in SERVICES


def _parsed(words: list[str]) -> dict[str, Any]:
    verb: Any = typer.main.get_command(APP)
    while hasattr(verb, "commands"):  # `numbers receive` is a verb of a verb
        word, *words = words
        verb = verb.commands[word]
    return verb.make_context(word, words).params  # type: ignore[no-any-return]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_a_command_of_the_hub(role: str) -> None:
    one = SERVICES[role]
    given = _parsed(one["command"])
    assert (given["engine"], given["role"]) == ("cluster", [role])
    assert one["image"] == SERVICES["door"]["image"]
    targets = {volume.split(":")[1] for volume in one["volumes"]}
    assert {str(given[name]) for name in ("config", "data", "hub")} <= targets
    assert str(given["ready"].parent) in {place.partition(":")[0] for place in one["tmpfs"]}
    if role in {"door", "console"}:
        assert "/readyz" in one["healthcheck"]["test"][-1]
    else:
        assert one["healthcheck"]["test"][-1] == str(given["ready"])


@pytest.mark.parametrize("role", ROLES)
def test_containers_and_units_bring_a_role_the_same_secrets(role: str) -> None:
    beside = {Path(one["target"]).name for one in SERVICES[role]["secrets"]}
    credentials = {text.partition(":")[0] for text in service(ROLE, role).all("LoadCredential")}
    assert beside | {"hub.yaml"} == credentials
    (file,) = [one.partition(":")[0] for one in SERVICES[role]["volumes"] if one.endswith("hub.yaml:ro")]
    hub = load_hub(DEPLOY / file)
    named = {hub.keys.master, hub.postgres.password_file}
    for section in (hub.kafka.tls, hub.postgres.tls):
        named |= {section.ca} if section is not None else set()
    named |= {hub.kafka.sasl.password_file} if hub.kafka.sasl is not None else set()
    assert named == beside
    assert hub.postgres.user == role


@pytest.mark.parametrize("path", HUB_FILES, ids=lambda path: path.name)
def test_a_hub_file_loads_and_names_servers_of_the_compose_file(path: Path) -> None:
    hub = load_hub(path)
    assert hub.postgres.tls is not None
    known = {alias for one in SERVICES.values() if isinstance(one["networks"], dict) for alias in _aliases(one)}
    for server in (*hub.kafka.servers, *hub.postgres.servers):
        assert server.rpartition(":")[0] in known
    assert f"CREATE ROLE {hub.postgres.user} LOGIN" in (DEPLOY / "postgres/logins.sql").read_text("utf-8")


def _aliases(one: dict[str, Any]) -> list[str]:
    return [alias for network in one["networks"].values() for alias in network.get("aliases", ())]


def test_kafka_is_the_release_that_is_tested() -> None:
    assert SERVICES["kafka1"]["image"] == f"apache/kafka:{VERSION}"


def test_the_secrets_are_those_that_the_script_makes() -> None:
    script = (DEPLOY / "secrets.sh").read_text("utf-8")
    for secret in COMPOSE["secrets"].values():
        folder, _, name = secret["file"].partition("/")
        assert folder == "secrets"
        words = re.split(r"[-.0-9]", name)
        assert all(word in script for word in words), name


def test_the_image_is_built_from_what_is_there_and_runs_as_nobody() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text("utf-8").split()
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert any(Path(source).match(kept[1:]) for kept in ignored if kept.startswith("!")), source
    assert all(re.search(r":3\.\d+\.\d+-", image) for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert SERVICES["door"]["user"] == "10001:10001"


def test_the_clusters_lock_is_fresh() -> None:
    assert FILE.read_text("utf-8") == cluster_lock()


def test_what_two_locks_name_they_name_at_one_version() -> None:
    """The cluster's packages are installed over the runtime's: what they agreed on must be there already."""
    tests, runtime = entries(ROOT / "requirements-dev.lock"), entries(ROOT / "requirements.lock")
    assert runtime.keys() <= tests.keys()
    assert {name: runtime[name].split()[0] for name in runtime} == {name: tests[name].split()[0] for name in runtime}


def test_a_wrong_word_in_a_command_would_be_found() -> None:
    command = list(SERVICES["door"]["command"])
    with pytest.raises(Exception, match=r"not one of|Invalid value"):
        _parsed([word if word != "door" else "dor" for word in command])
