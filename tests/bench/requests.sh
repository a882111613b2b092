#!/usr/bin/env bash
# Requests for each record, beside the least that Cliniko's API allows. ./dev bench requests [patients]
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/requests.py" "$BENCH_BUILD" "$@"
