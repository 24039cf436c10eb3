#!/usr/bin/env bash
# Runs a command that tests, and where something failed, repeats at the end what it was; the whole output has thousands of lines:
#
#   config/setup/failures.sh swift test
set -uo pipefail

log=$(mktemp "${TMPDIR:-/tmp}/pulse-tests.XXXXXX")
trap 'rm -f "$log"' EXIT
"$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [[ $status -ne 0 ]]; then
    { echo; echo "What failed:"; grep -aE '✘|↳|[Ff]atal error|crashed|error:' "$log" | tail -50; } >&2
fi
exit "$status"
