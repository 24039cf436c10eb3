#!/usr/bin/env bash
# Updates the lists in Core/Enrichment/Lists from the public ones. Builds don't run it: its output is committed.
#
#   config/setup/lists.sh
#
# Bots: the Python package of crawler-user-agents (MIT). Search engines, social networks and AI assistants: a commit of
# Matomo's searchengine-and-social-list (CC0); set MATOMO_LISTS to clone it from elsewhere.
# After an update, run EnrichmentTests: its samples of real browsers must not be classified as bots.
set -euo pipefail

# The pinned versions. To update, change them, run this script and review the diff.
crawlers=1.67.0
matomo=3b3a82dc83cd146abe17aafe31254de1c25f7844

cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "crawler-user-agents==$crawlers"
git clone --quiet "${MATOMO_LISTS:-https://github.com/matomo-org/searchengine-and-social-list.git}" "$work/matomo"
git -C "$work/matomo" checkout --quiet "$matomo"

python3 config/setup/lists.py "$work"/crawler_user_agents-*.whl "$crawlers" "$work/matomo" "$matomo" Core/Enrichment/Lists
