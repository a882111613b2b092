#!/usr/bin/env bash
# Use of the rate under the limit of 200 a minute. ./dev bench limit [seconds]
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/limit.py" "$BENCH_BUILD" "$@"
