#!/usr/bin/env bash
# Reading a large SQL Server backup against plain reading of the same file. ./dev bench bak [gigabytes] [folder]
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/bak.py" "$BENCH_BUILD" "$@"
