#!/usr/bin/env bash
# Runs `swift build` with these arguments:
#
#   config/setup/build.sh -c release --product pulse
#
# SwiftPM reads Package.swift again only if its text or the environment has changed, which saves 20 seconds. Package.swift also lists
# files, such as those of the dashboard's pages, so a variable changes with them.
set -euo pipefail
cd "$(dirname "$0")/../.."

files=$(find Modules Host/Dashboard/web Tests/Benchmarks Tests/Guestbook \( ! -name '*.swift' -o -name '*Module.swift' \) | LC_ALL=C sort | cksum)
PULSE_LISTED_FILES=$files exec swift build "$@"
