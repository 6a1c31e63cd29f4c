#!/bin/sh
# Brings what the tests need beyond Python: chromium, a Chinese font, the openssl command line, systemd's programs that look
# at units (it need not run), a PostgreSQL server, the programs that judge our HL7 v2, QR codes and traces, and Kafka's jars.
# Root installs programs by apt; anybody else is told in one line what to install.
set -eu
cd "$(dirname "$0")/.."
missing=""
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v systemd-analyze >/dev/null 2>&1 || missing="$missing systemd"
command -v javac >/dev/null 2>&1 || missing="$missing default-jdk-headless"
command -v mvn >/dev/null 2>&1 || missing="$missing maven"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-droid-fallback"
if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "the tests need$missing; install them: sudo apt-get install$missing" >&2
        exit 3
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
.venv/bin/python -m hub.local.jars .jars

judges="$PWD/tests/judges"
rotel="$PWD/.jars/rotel"
cmp -s "$judges/rotel.lock" "$rotel/rotel.lock" || {
    rm -rf "$rotel"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
        --require-hashes --target "$rotel" -r "$judges/rotel.lock" && cp "$judges/rotel.lock" "$rotel" ||
        { echo "the tests need Rotel, a collector of traces, from PyPI, and pip cannot fetch it" >&2; exit 3; }
}
jars="$PWD/.jars/judges"
whole() { (cd "$jars" 2>/dev/null && sha256sum --check --status "$judges/jars.sha256"); }
whole && exit 0
mvn --batch-mode --quiet --file "$judges/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies "-DoutputDirectory=$jars" </dev/null >/dev/null ||
    { echo "the tests need HAPI and ZXing from the Maven registry, and Maven cannot fetch them" >&2; exit 3; }
whole && exit 0
echo "the jars in $jars are not those of jars.sha256; remove the folder and run this again" >&2
exit 3
