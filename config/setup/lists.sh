#!/usr/bin/env bash
# Updates the lists in Core/Enrichment/Lists from the public ones. A build does not need it: what it makes is committed.
#
#   config/setup/lists.sh
#
# Bots: crawler-user-agents (MIT), its Python package. Search engines, social networks and AI assistants: Matomo's
# searchengine-and-social-list (CC0), a commit of its repository; MATOMO_LISTS names another place to clone it from.
# After an update run the tests of EnrichmentTests: samples of real browsers must not become bots.
set -euo pipefail

# The pins. To update: the versions here, then look at what git says has changed.
crawlers=1.67.0
matomo=3b3a82dc83cd146abe17aafe31254de1c25f7844

cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "crawler-user-agents==$crawlers"
git clone --quiet "${MATOMO_LISTS:-https://github.com/matomo-org/searchengine-and-social-list.git}" "$work/matomo"
git -C "$work/matomo" checkout --quiet "$matomo"

python3 config/setup/lists.py "$work"/crawler_user_agents-*.whl "$crawlers" "$work/matomo" "$matomo" Core/Enrichment/Lists
