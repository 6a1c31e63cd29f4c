#!/bin/sh
# Makes what a cluster needs and nobody may know, in a folder: an authority, the servers' certificates, a password for each
# login, the master key. What is there already is kept. 生成集群所需的证书、口令与主密钥;已有的保留。
#   deploy/secrets.sh [FOLDER]
# For a pilot on one machine: a province has an authority of its own. authority.key signs; keep it elsewhere. master.key
# opens everything that is stored: back it up apart from the data.
set -eu
umask 077
folder=${1:-"$(dirname "$0")/secrets"}
mkdir -p "$folder"
cd "$folder"
made() { [ -s "$1" ] || { openssl rand -hex 24 >"$1.part" && mv "$1.part" "$1"; }; }
for login in migrate door worker issuer relay console superuser; do made "postgres-$login"; done
for login in door worker; do made "kafka-$login"; done
[ -s kafka.cluster ] || openssl rand -base64 16 | tr '+/' '__' | cut -c 1-22 >kafka.cluster
[ -s master.key ] || openssl rand -base64 32 >master.key
[ -s authority.key ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out authority.key
[ -s ca.pem ] || openssl req -x509 -new -key authority.key -days 3650 -subj "/CN=Billhub pilot authority" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.pem
certificate() { # NAME SUBJECT_ALT_NAME
    [ -s "$1.crt" ] && return 0
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey authority.key -CAcreateserial -days 825 -extfile "$1.ext" -out "$1.crt" \
        2>/dev/null
    rm "$1.csr" "$1.ext"
    cat "$1.key" "$1.crt" >"$1.pem"
}
for node in 1 2 3; do certificate "kafka$node" "${SAN:-DNS:kafka$node.example}"; done
certificate postgres "${SAN:-DNS:db1.example}"
if [ "$(id -u)" -eq 0 ]; then
    # the users inside the containers: the hub 10001, Kafka 1000; PostgreSQL's starts as root
    chown 10001:10001 postgres-door postgres-worker postgres-issuer postgres-relay postgres-console postgres-migrate master.key
    chown 1000:1000 kafka1.pem kafka2.pem kafka3.pem
    chown 10001:1000 kafka-door kafka-worker
    chmod 0440 kafka-door kafka-worker
fi
chmod 0444 ca.pem postgres.crt
