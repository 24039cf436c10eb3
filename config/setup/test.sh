#!/usr/bin/env bash
# Builds and runs the tests with their own PostgreSQL and Redis. All of them run as two processes side by side, each with its own
# servers; with arguments, such as `--filter FunnelsModuleTests`, one process runs those that are asked for.
#
#   config/setup/test.sh [--filter PATTERN] [--skip PATTERN]
set -euo pipefail
cd "$(dirname "$0")/../.."

# Debug information would only take time and space.
build=(config/setup/swift.sh build -debug-info-format none)
"${build[@]}" --build-tests

# The program with all tests is run directly, as `swift test` lets only one run at a time.
tests=$("${build[@]}" --show-bin-path)/pulsePackageTests.xctest
run=(config/setup/test-servers.sh config/setup/failures.sh "$tests" --testing-library swift-testing --no-parallel)

if [[ $# -gt 0 ]]; then exec "${run[@]}" "$@"; fi

# The suites of the first process, about half of the work; the second runs all others.
first='^((Access|BI|Cohorts|Common|Coordination|Dashboards|Definitions|Enrichment|ErrorTracking|Funnels|Host|Ingest|Operations|Paths|Questions|Retention|Settings|Storage)(Module)?Tests)\.'

log=$(mktemp "${TMPDIR:-/tmp}/pulse-tests.XXXXXX")
trap 'rm -f "$log"; [[ -z $(jobs -p) ]] || kill -TERM $(jobs -p) 2>/dev/null || true' EXIT
"${run[@]}" --filter "$first" >"$log" 2>&1 &
status=0
"${run[@]}" --skip "$first" || status=$?
wait $! || status=$?
cat "$log"
exit "$status"
