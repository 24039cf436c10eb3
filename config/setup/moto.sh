#!/usr/bin/env bash
# Installs moto, which acts as S3 in tests, into .tools/moto; does nothing if the pinned version is there already.
# test-servers.sh starts it if it is there.
set -euo pipefail

version=5.2.5
cd "$(dirname "$0")/../.."
home=.tools/moto
[[ $(cat "$home/stamp" 2>/dev/null) == "$version" ]] && exit 0

echo "Fetching moto $version"
work=$(mktemp -d "${TMPDIR:-/tmp}/pulse-moto.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Its server also needs Flask. pip warns about other programs' packages, but changes none of them.
python3 -m pip install --quiet --disable-pip-version-check --target "$work/moto" "moto==$version" flask flask-cors 2>"$work/log" ||
    { cat "$work/log" >&2; exit 1; }
echo "$version" >"$work/moto/stamp"
mkdir -p .tools
rm -rf "$home"
mv "$work/moto" "$home"
