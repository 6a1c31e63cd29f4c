"""A hub.yaml is read strictly, and what is wrong in it is found at its place."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from hub.cli.checking import check_paths
from hub.errors import Config
from hub.hubfile import load_hub, read_hub
from tests.certificates import identity

GOOD = """\
kafka:
  servers: [10.0.0.1:9092, "[fd00::1]:9092", kafka.example:9092]
  partitions: 24
  create: no
  sasl: {user: door, password_file: secrets/kafka}
  tls: {ca: ca.pem}
postgres:
  servers: [10.0.0.2:5432]
  password_file: secrets/postgres
keys: {master: secrets/master.key}
roles:
  worker: {processes: 4}
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "hub.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_is_read_and_the_rest_has_safe_defaults(tmp_path: Path) -> None:
    hub = load_hub(_write(tmp_path, GOOD))
    assert hub.kafka.partitions == 24
    assert hub.kafka.create is False
    assert hub.kafka.replication == 3
    assert hub.kafka.sasl is not None
    assert hub.kafka.sasl.mechanism == "SCRAM-SHA-512"
    assert hub.roles.worker.processes == 4
    assert hub.postgres.database == "billhub"
    assert hub.postgres.password_file == "secrets/postgres"
    assert hub.file("trust") == tmp_path / "trust"


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "says"),
    [
        ("partitions: 24", "partitons: 24", 3, 3, "unknown name partitons → use one of: partitions"),
        ("partitions: 24", "partitions: 0", 3, 3, "partitions has a wrong value"),
        ("10.0.0.2:5432", "10.0.0.2", 8, 13, "0 has a wrong value"),
        ("user: door, ", "", 5, 3, "user is missing"),
        ("create: no", "create: perhaps", 4, 3, "create has a wrong value"),
        ("keys: {master: secrets/master.key}", "", 1, 1, "keys is missing"),
        ("  worker: {processes: 4}", "  worker: {process: 4}", 12, 12, "unknown name process → use one of: processes"),
        ("  create: no", "  partitions: 3", 4, 3, "the key partitions is written twice"),
    ],
)
def test_a_mistake_is_found_at_its_place(tmp_path: Path, old: str, new: str, line: int, column: int, says: str) -> None:
    assert old in GOOD
    path = _write(tmp_path, GOOD.replace(old, new))
    hub, (finding, *_) = read_hub(path)
    assert hub is None
    assert (finding.line, finding.column) == (line, column)
    assert says in finding.text("en")
    checked, findings = check_paths([path])
    assert (checked, findings[0].text()) == (1, finding.text())
    with pytest.raises(Config, match=f":{line}:{column}: "):
        load_hub(path)


def test_secrets_come_from_files_and_are_never_guessed(tmp_path: Path) -> None:
    hub = load_hub(_write(tmp_path, GOOD))
    with pytest.raises(Config, match=r"BH-CFG-016.*secrets/kafka"):
        hub.secret("secrets/kafka")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/kafka").write_text("\n")
    with pytest.raises(Config, match="it is empty"):
        hub.secret("secrets/kafka")
    (tmp_path / "secrets/kafka").write_text("s e cret \n")
    assert hub.secret("secrets/kafka") == "s e cret "


def test_the_database_is_named_as_libpq_reads_it(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/postgres").write_text("p@ss/word\n")
    identity(tmp_path)
    text = GOOD.replace("[10.0.0.2:5432]", '[db1:5432, "[fd00::2]:5433"]').replace(
        "postgres:\n", "postgres:\n  tls: {ca: ca.pem}\n"
    )
    hub = load_hub(_write(tmp_path, text))
    dsn = hub.dsn()
    assert hub.dsn(writes=False) == dsn.replace("read-write", "any")
    assert dsn == (
        "postgresql://billhub:p%40ss%2Fword@db1:5432,[fd00::2]:5433/billhub?target_session_attrs=read-write"
        f"&sslmode=verify-full&sslrootcert={quote(str(tmp_path), safe='')}%2Fca.pem"
    )


@pytest.mark.parametrize(
    ("tls", "says"),
    [
        ("{ca: missing.pem}", "missing.pem"),
        ("{ca: hub.yaml}", "no certificate"),
        ("{ca: ca.pem, certificate: missing.pem}", "missing.pem"),
        ("{ca: ca.pem, certificate: ca.pem, key: ca.pem}", "PEM"),
    ],
)
def test_tls_files_that_do_not_do_are_no_server_that_is_away(tmp_path: Path, tls: str, says: str) -> None:
    identity(tmp_path)
    text = GOOD.replace("  password_file: secrets/postgres\n", f"  tls: {tls}\n")
    with pytest.raises(Config, match=rf"BH-CLU-017.*{says}"):
        load_hub(_write(tmp_path, text)).dsn()


def test_without_ca_the_database_is_judged_by_the_systems_authorities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = load_hub(_write(tmp_path, GOOD.replace("  password_file: secrets/postgres\n", "  tls: {}\n")))
    _, ca = identity(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    assert f"sslmode=verify-full&sslrootcert={quote(str(ca), safe='')}" in hub.dsn()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(Config, match=r"BH-CLU-017.*name one as ca"):
        hub.dsn()
