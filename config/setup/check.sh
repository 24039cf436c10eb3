#!/usr/bin/env bash
# Checks the sources without building them, and fails if it finds anything:
#
#   config/setup/check.sh                 everything
#   config/setup/check.sh swift types     only these: swift, scripts, types, shell, python
# shellcheck disable=SC2317  # functions that are called by name
set -euo pipefail
cd "$(dirname "$0")/../.."

# Where Debian keeps the JavaScript libraries that its packages load. Its own node looks there by itself, others don't.
export NODE_PATH=/usr/share/nodejs

# Formatting and rules, as .swift-format has them.
check_swift() {
    local sources=(Core Modules Host Tests Package.swift)
    swift format lint --strict --parallel --recursive "${sources[@]}" || {
        echo "To format them: swift format --in-place --parallel --recursive ${sources[*]}" >&2
        return 1
    }
}

# Faults in what browsers load, as .eslintrc.json has them. `served` is made from the scripts beside it.
check_scripts() { eslint --format unix --ignore-pattern '**/Script/served/*' Host/Dashboard/web {Modules,Tests}/*/Web Modules/*/Script; }

# Types in the dashboard, as jsconfig.json has them. Pulse serves the folders of all pages and the dashboard's own as one, so './kit.js' in a
# module's page is the one in Host/Dashboard/web.
check_types() {
    local folders
    folders=$(printf ', "%s"' "$PWD"/Host/Dashboard/web "$PWD"/{Modules,Tests}/*/Web)
    printf '{"extends": "%s/jsconfig.json", "compilerOptions": {"rootDirs": [%s]}, "include": [%s, "%s/config/dashboard.d.ts"]}\n' \
        "$PWD" "${folders:2}" "${folders:2}" "$PWD" >"$work/tsconfig.json"
    tsc --project "$work/tsconfig.json" --pretty false
}

check_shell() { find config Tests .ci -name '*.sh' -print0 -o -path .ci/run -print0 | xargs -0 shellcheck; }

# Syntax only.
check_python() {
    find config Tests -name '*.py' -print0 | PYTHONPYCACHEPREFIX=$work xargs -0 python3 -m py_compile
}

checks=("$@")
[[ $# -gt 0 ]] || checks=(swift scripts types shell python)
for check in "${checks[@]}"; do
    declare -F "check_$check" >/dev/null || { echo "usage: config/setup/check.sh [swift|scripts|types|shell|python ...]" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=()
for check in "${checks[@]}"; do
    echo "Checking: $check"
    "check_$check" || failed+=("$check")
done
[[ ${#failed[@]} -eq 0 ]] || { echo "Findings: ${failed[*]}" >&2; exit 1; }
