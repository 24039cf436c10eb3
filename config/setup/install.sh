#!/usr/bin/env bash
# Installs the Debian packages that Pulse needs and that are not there yet; does nothing when all are.
#
#   config/setup/install.sh run     to build and run
#   config/setup/install.sh test    that, and what the tests use: PostgreSQL, Redis, Chromium
#   config/setup/install.sh bench   that of run, and the load generator
#
# It starts no service and makes no database: see "server programs" below.
set -euo pipefail

# Enough on a bare Debian 12 that has Swift and make, and nothing else: Tests/Fresh/bare-debian.sh proves it.
build=(
    ca-certificates git python3 python3-pip tzdata # fetching; pip brings the DuckDB library (duckdb.sh)
    g++                                            # the C and C++ libraries and the linker that Swift builds on
    curl libncurses6 libxml2                       # what Swift's own programs load: libcurl, and so on
    libhiredis-dev libmaxminddb-dev libpq-dev libsimdjson-dev libsqlite3-dev zlib1g-dev
)

# Server programs. Redis' server is the program `redis-check-rdb` of redis-tools under another name, so its tools are
# enough, and the package `redis-server`, which starts a service, is not needed.
servers=(redis-tools)
find /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || servers+=(postgresql) # any version will do

browser=(chromium chromium-driver fonts-dejavu-core)

case "${1:-}" in
    run) packages=("${build[@]}") ;;
    test) packages=("${build[@]}" "${servers[@]}" "${browser[@]}") ;;
    bench) packages=("${build[@]}" wrk) ;;
    *)
        echo "usage: config/setup/install.sh run|test|bench" >&2
        exit 2
        ;;
esac

if ! command -v apt-get >/dev/null; then
    echo "This is not Debian or a relative, so nothing is installed. Pulse needs: ${packages[*]}" >&2
    exit 0
fi

# One query for all; a package that was never heard of prints nothing.
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

# Debian's PostgreSQL makes and starts a cluster when it is first installed. This drop-in tells it not to, for as long
# as this script runs; clusters that exist are not touched by it.
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
