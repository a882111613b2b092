#!/usr/bin/env bash
# Throughput of the journaled pipeline without a limit, beside one without the journal. ./dev bench pipeline [patients]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cmake --preset unjournaled >/dev/null
cmake --build --preset unjournaled --target handover-worker -- --quiet
export UNJOURNALED_WORKER=$PWD/build/unjournaled/workers/handover-worker
exec python3 -B tests/bench/pipeline.py "$BENCH_BUILD" "$@"
