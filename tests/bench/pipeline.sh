#!/usr/bin/env bash
# Throughput of the journaled pipeline without a limit. ./dev bench pipeline [patients]
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/pipeline.py" "$BENCH_BUILD" "$@"
