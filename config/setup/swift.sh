#!/usr/bin/env bash
# Runs `swift` with these arguments, in the repository's root folder:
#
#   config/setup/swift.sh build -c release --product pulse
#
# SwiftPM reads Package.swift again only if its text or the environment has changed, which saves 20 seconds. Package.swift also looks
# into the folders of modules, so a variable changes with them.
set -euo pipefail
cd "$(dirname "$0")/../.."

files=$(find Modules Tests/Guestbook Tests/Benchmarks -maxdepth 2 | LC_ALL=C sort | cksum)
PULSE_LISTED_FILES=$files exec swift "$@"
