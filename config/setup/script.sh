#!/usr/bin/env bash
# Builds the tracking script that browsers load. The core is Modules/Traffic/Script/pulse.js; each feature is a file
# Modules/*/Script/<feature>.js in the module that collects what it sends. Next to each lies the minified file, in Script/served.
# Modules/Traffic/Script/served.sha256 has the checksums of all of them, with which the tests check that the minified files were
# built from the current sources. Only needed after changing a source; the output is committed.
# Uses Debian's esbuild, a single program that does not need Node; installs it if it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

core=Modules/Traffic/Script/pulse.js
# By the name of the feature, whatever module it is in.
mapfile -t features < <(find Modules/*/Script -maxdepth 1 -name '*.js' ! -path "$core" -printf '%f\t%p\n' | LC_ALL=C sort | cut -f 2)

# Gzipped sizes in bytes, at most: the core that every page loads; a feature. Only `replay` may be larger.
core_limit=1024
feature_limit=2048

if ! command -v esbuild >/dev/null; then
    as_root=()
    [[ $(id -u) -eq 0 ]] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -qq -y --no-install-recommends esbuild >/dev/null
fi

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# Prints the minified source. It comes from standard input, because for a file esbuild would follow jsconfig.json, which is for the dashboard.
minify() { # SOURCE VERSION
    local format=(--format=esm)
    [[ $1 != "$core" ]] || format=()
    esbuild --minify --target=es2021 --legal-comments=none --log-level=warning "--define:VERSION=\"$2\"" "${format[@]}" <"$1"
}

# A hash of all features. It is part of each feature's URL, so browsers can cache features forever. Every page loads it with the core, so it
# has only three base-64 characters, and of several such hashes the first with which the core compresses well enough is taken.
hashes=$(for source in "${features[@]}"; do minify "$source" ""; done | sha256sum)
for offset in $(seq 0 5 55); do
    hash=$((0x${hashes:offset:5})) version=
    for _ in 1 2 3; do
        version=$version$(printf %s ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ | cut -c $((hash % 64 + 1)))
        hash=$((hash / 64))
    done
    [[ $(minify "$core" "$version" | gzip -9nc | wc -c) -gt $core_limit ]] || break
done

served=()
for source in "$core" "${features[@]}"; do
    name=$(basename "$source" .js) limit=$feature_limit
    [[ $source != "$core" ]] || limit=$core_limit
    minify "$source" "$version" >"$new/$name.min.js"
    size=$(gzip -9nc "$new/$name.min.js" | wc -c)
    [[ $name != replay ]] || limit=$size
    if [[ $size -gt $limit ]]; then
        echo "$name would have $size bytes gzipped; at most $limit are allowed. Nothing was changed." >&2
        exit 1
    fi
    echo "$name: $(wc -c <"$new/$name.min.js") bytes, $size gzipped (at most $limit)"
    served+=("$(dirname "$source")/served/$name.min.js")
done

rm -f Modules/*/Script/served/*
for file in "${served[@]}"; do
    mkdir -p "$(dirname "$file")"
    mv "$new/$(basename "$file")" "$file"
done
sha256sum "$core" "${features[@]}" "${served[@]}" >Modules/Traffic/Script/served.sha256
