"""Stands in for kafka-acls.sh, which is in none of the jars that tests fetch: takes its words, asks a real broker."""

from __future__ import annotations

import argparse

from tests.engine.cluster.acls import allow

_NAMES = {
    "Describe": "describe",
    "DescribeConfigs": "describe_configs",
    "Write": "write",
    "Read": "read",
    "Create": "create",
}


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--bootstrap-server", required=True)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--allow-principal", required=True)
    parser.add_argument("--operation", action="append", choices=_NAMES, required=True)
    parser.add_argument("--topic")
    parser.add_argument("--group")
    parser.add_argument("--resource-pattern-type", choices=["prefixed", "literal"], default="literal")
    given = parser.parse_args()
    port = int(given.bootstrap_server.rpartition(":")[2])
    kind, name = ("topic", given.topic) if given.topic else ("group", given.group)
    for operation in given.operation:
        allow(port, given.allow_principal.removeprefix("User:"), kind, name, _NAMES[operation])


if __name__ == "__main__":
    main()
