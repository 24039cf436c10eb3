#!/usr/bin/env bash
# Runs a test command and repeats any failures at the end, since the whole output has thousands of lines:
#
#   config/setup/failures.sh swift test
set -uo pipefail

log=$(mktemp "${TMPDIR:-/tmp}/pulse-tests.XXXXXX")
trap 'rm -f "$log"' EXIT
"$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [[ $status -ne 0 ]]; then
    { echo; echo "Failures:"; grep -aE '✘|↳|[Ff]atal error|crashed|error:| error [a-z]+:' "$log" | tail -50; } >&2
fi
exit "$status"
