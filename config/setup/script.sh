#!/bin/sh
# Makes Modules/Core/Script/pulse.min.js, the browser script that is served, and pulse.sha256, by which the tests see
# that it was made from the pulse.js beside it. Only who changes pulse.js needs this: all three files are committed.
# Uses Debian's esbuild, one program without node; installs it when it is missing.
set -eu
cd "$(dirname "$0")/../../Modules/Core/Script"

limit=1024 # bytes, gzipped

if ! command -v esbuild >/dev/null; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq
    $as_root apt-get install -qq -y --no-install-recommends esbuild >/dev/null
fi

new=$(mktemp)
trap 'rm -f "$new"' EXIT
esbuild --minify --target=es2020 --legal-comments=none --log-level=warning pulse.js >"$new"

size=$(gzip -9nc "$new" | wc -c)
if [ "$size" -gt "$limit" ]; then
    echo "pulse.min.js would have $size bytes gzipped; at most $limit are allowed. Nothing was changed." >&2
    exit 1
fi

cat "$new" >pulse.min.js
sha256sum pulse.js pulse.min.js >pulse.sha256
echo "pulse.min.js: $(wc -c <pulse.min.js) bytes, $size gzipped (at most $limit)"
