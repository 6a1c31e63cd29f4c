#!/bin/sh
# PostgreSQL takes a key only that nobody but its own user can read: copies in memory, then the image's own entry.
set -eu
mine=/run/postgresql/mine
install -d -o postgres -g postgres -m 0700 "$mine"
install -o postgres -g postgres -m 0400 /run/secrets/postgres* "$mine"
export SECRETS="$mine"
exec docker-entrypoint.sh postgres \
    -c ssl=on -c ssl_cert_file="$mine/postgres.crt" -c ssl_key_file="$mine/postgres.key" \
    -c hba_file=/etc/postgresql/pg_hba.conf -c password_encryption=scram-sha-256 \
    -c synchronous_commit=on -c max_connections=100 -c shared_buffers=512MB -c max_wal_size=4GB -c timezone=UTC
