#!/usr/bin/env bash
# Prints docs/settings.md from the programs' own tables of settings: settings.sh <build folder>. With --check, compares.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$1

page() {
    cat <<'TEXT'
# Settings

Made by `tests/house/settings.sh`; a test compares it with the programs. A flag wins over the environment, the environment
over the default. An unknown `HANDOVER_…` variable or flag is an error.

TEXT
    "$build/cli/handover" run --help-markdown
    "$build/cli/handover" inspect --help-markdown
    "$build/cli/handover" transfer new --help-markdown
    "$build/coordinator/handover-coordinator" --help-markdown
    "$build/workers/handover-worker" --help-markdown
    "$build/sandbox/handover-sandbox" --help-markdown
}

if [ "${2:-}" = --check ]; then
    if ! diff <(page) docs/settings.md; then
        echo "docs/settings.md is not what the programs say: tests/house/settings.sh $build > docs/settings.md"
        exit 1
    fi
else
    page
fi
