#!/bin/sh
# What doors and workers may do, and nothing else. Run once, on a broker; running it again changes nothing.
#   docker compose exec kafka1 sh /etc/billhub-kafka/rights.sh
set -eu
kafka=${KAFKA:-/opt/kafka/bin} server=${SERVER:-kafka1:9091} prefix=${PREFIX:-billhub}
may() {
    who=$1
    shift
    "$kafka/kafka-acls.sh" --bootstrap-server "$server" --add --allow-principal "User:$who" "$@"
}
may door --operation Describe --operation DescribeConfigs --operation Write \
    --topic "$prefix." --resource-pattern-type prefixed
may worker --operation Describe --operation DescribeConfigs --operation Read --operation Create \
    --topic "$prefix." --resource-pattern-type prefixed
may worker --operation Read --group "$prefix.workers"
may door --operation Describe --group "$prefix.workers"
