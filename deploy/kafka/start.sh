#!/bin/sh
# Formats a broker's folder at its first start, with the users' passwords (SCRAM, kept salted), then runs the broker.
# NODE is the broker's number, CLUSTER_ID the same on all three.
set -eu
kafka=${KAFKA:-/opt/kafka/bin} here=${CONFIG:-/etc/billhub-kafka} secrets=${SECRETS:-/run/secrets}
config=$(mktemp)
sed "s/NODE/$NODE/g" "$here/server.properties" >"$config"
set --
for user in door worker; do
    set -- "$@" --add-scram "SCRAM-SHA-512=[name=$user,password=$(cat "$secrets/kafka-$user")]"
done
"$kafka/kafka-storage.sh" format --ignore-formatted --cluster-id "$CLUSTER_ID" --config "$config" "$@"
set --
exec "$kafka/kafka-server-start.sh" "$config"
