#!/usr/bin/env bash
# Fetches the DuckDB library into .tools/duckdb/libduckdb.so; does nothing if the pinned version is there already.
#
# Debian does not package it. The official Python wheel contains one shared object with the whole C API, and pip fetches
# it from whichever index this machine is configured to use. Python is not used at run time.
set -euo pipefail

# The pinned version. To update it, change the version and the `sha256sum` of both wheels (cp311, manylinux).
version=2.0.0
case "$(uname -m)" in
    x86_64) sha256=5a3601121c7cc50d0b70412995634682fafcb58a0156d5d663dfd0b3bbe30a33 ;;
    aarch64) sha256=bcdf10dfbc2c1a6bdc5b2a94bba5b15481e552c5745c2af1994617b0eb6bc750 ;;
    *)
        echo "There is no DuckDB wheel for $(uname -m). Build libduckdb.so and set DUCKDB_LIBRARY to its path." >&2
        exit 1
        ;;
esac

cd "$(dirname "$0")/../.."
home=.tools/duckdb
stamp="$version $sha256"
[[ -e $home/libduckdb.so && $(cat "$home/stamp" 2>/dev/null) == "$stamp" ]] && exit 0

mkdir -p "$home"
work=$(mktemp -d "$home/fetch.XXXXXX") # next to its destination, so mv is a rename
trap 'rm -rf "$work"' EXIT

echo "Fetching DuckDB $version"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" \
    --platform "manylinux_2_28_$(uname -m)" --implementation cp --python-version 3.11 --abi cp311 "duckdb==$version"

wheel=$(echo "$work"/duckdb-*.whl)
if ! sha256sum --check --status <<<"$sha256  $wheel"; then
    echo "The downloaded ${wheel##*/} does not match the pinned checksum (sha256 $(sha256sum <"$wheel" | cut -d' ' -f1))." >&2
    exit 1
fi

# The wheel's only shared object, `_duckdb.cpython-311-….so`.
python3 - "$wheel" "$work/libduckdb.so" <<'PYTHON'
import shutil, sys, zipfile
wheel, library = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    [name] = [name for name in archive.namelist() if name.startswith("_duckdb.") and name.endswith(".so")]
    with archive.open(name) as source, open(library, "wb") as target:
        shutil.copyfileobj(source, target)
PYTHON

# The stamp is removed first and written last, so it never vouches for a library that it did not come with.
rm -f "$home/stamp"
mv "$work/libduckdb.so" "$home/libduckdb.so"
echo "$stamp" >"$work/stamp"
mv "$work/stamp" "$home/stamp"
