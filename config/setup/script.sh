#!/bin/sh
# Makes the files in Modules/Core/Script/served, which are what browsers get, from Modules/Core/Script/pulse.js and the
# modules in features/; and served.sha256, by which the tests see that they were made from the sources beside them. Only
# needed after changing a source; the output is committed.
# Uses Debian's esbuild, one program without node; installs it when it is missing.
set -eu
cd "$(dirname "$0")/../../Modules/Core/Script"

# Bytes, gzipped: what every page loads; a feature; `replay` alone may be larger.
core_limit=1024
feature_limit=2048

if ! command -v esbuild >/dev/null; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root apt-get update -qq
    $as_root apt-get install -qq -y --no-install-recommends esbuild >/dev/null
fi

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# In the address of each feature, so that browsers may keep them for ever: of all features together.
# Three characters of 64, as each byte of it is paid for.
hash=$((0x$(cat features/*.js | sha256sum | cut -c 1-5))) version=
for _ in 1 2 3; do
    version=$version$(printf %s ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ | cut -c $((hash % 64 + 1)))
    hash=$((hash / 64))
done

minify() { esbuild --minify --target=es2021 --legal-comments=none --log-level=warning "--define:VERSION=\"$version\"" "$@"; }

minify pulse.js >"$new/pulse.min.js"
for feature in features/*.js; do
    minify --format=esm "$feature" >"$new/$(basename "$feature" .js).min.js"
done

for file in "$new"/*; do
    name=$(basename "$file")
    size=$(gzip -9nc "$file" | wc -c)
    case $name in
    pulse.min.js) limit=$core_limit ;;
    replay.min.js) limit=$size ;;
    *) limit=$feature_limit ;;
    esac
    if [ "$size" -gt "$limit" ]; then
        echo "$name would have $size bytes gzipped; at most $limit are allowed. Nothing was changed." >&2
        exit 1
    fi
    echo "$name: $(wc -c <"$file") bytes, $size gzipped (at most $limit)"
done

rm -f served/*
mv "$new"/* served/
sha256sum pulse.js features/*.js served/*.js >served.sha256
