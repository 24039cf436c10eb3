#!/usr/bin/env bash
# Installs the Debian packages that Pulse needs and that are missing; does nothing if all are installed.
#
#   config/setup/install.sh run     what building and running need
#   config/setup/install.sh test    the same, and what the tests use: PostgreSQL, Redis, Chromium
#   config/setup/install.sh bench   the same as run, and the load generator
#   config/setup/install.sh check   only what the checks use: linters, and what Swift's own programs load
#
# It starts no service and creates no database: see "server programs" below.
set -euo pipefail

toolchain=(curl libncurses6 libsqlite3-0 libxml2) # loaded by Swift's own programs: libcurl and others

# Enough for a bare Debian 12 that has only Swift and make; Tests/Fresh/bare-debian.sh proves it.
build=(
    ca-certificates git python3 python3-pip tzdata # downloads; pip fetches the DuckDB library (duckdb.sh)
    g++                                            # the C and C++ libraries and the linker that Swift builds on
    "${toolchain[@]}"
    libhiredis-dev libmaxminddb-dev libpq-dev libsimdjson-dev libsqlite3-dev zlib1g-dev
)

# Server programs. `redis-check-rdb` in redis-tools is the Redis server under another name, so redis-tools is enough and
# the package `redis-server`, which would start a service, is not needed.
servers=(redis-tools)
find /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || servers+=(postgresql) # any version will do

browser=(chromium chromium-driver fonts-dejavu-core)

linters=(nodejs eslint node-typescript shellcheck python3) # programs only, none of which is a service

case "${1:-}" in
    run) packages=("${build[@]}") ;;
    test) packages=("${build[@]}" "${servers[@]}" "${browser[@]}") ;;
    bench) packages=("${build[@]}" wrk) ;;
    check) packages=("${toolchain[@]}" "${linters[@]}") ;;
    *)
        echo "usage: config/setup/install.sh run|test|bench|check" >&2
        exit 2
        ;;
esac

if ! command -v apt-get >/dev/null; then
    echo "This is not Debian or a derivative, so nothing is installed. Pulse needs: ${packages[*]}" >&2
    exit 0
fi

# One query for all; unknown packages print nothing.
installed=$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
    grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing packages: ${missing[*]}" >&2
        echo "Only root can install them, and there is no sudo. Ask root to run: config/setup/install.sh $1" >&2
        exit 1
    fi
    as_root=(sudo)
fi

# Debian's PostgreSQL creates and starts a cluster when it is first installed. This drop-in prevents that while this
# script runs; existing clusters are not affected.
drop_in=/etc/postgresql-common/createcluster.d/pulse-setup.conf
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    trap '"${as_root[@]}" rm -f "$drop_in"' EXIT
    "${as_root[@]}" mkdir -p "${drop_in%/*}"
    "${as_root[@]}" tee "$drop_in" <<<"create_main_cluster = false" >/dev/null
fi

echo "Installing: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet -o DPkg::Lock::Timeout=300)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
