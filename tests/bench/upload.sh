#!/usr/bin/env bash
# Speed of uploads beside that of curl, and a worker's memory with a file of 5 GB. ./dev bench upload [gigabytes]
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/upload.py" "$BENCH_BUILD" "$@"
