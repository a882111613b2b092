#!/usr/bin/env bash
# Creates a second that the local Cliniko answers on one core, loaded from the other by wrk, beside plain reads of the same
# server. ./dev bench sandbox [seconds]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
seconds=${1:-10}
work=$(mktemp -d)
trap 'kill "$sandbox" 2>/dev/null || true; rm -rf "$work"' EXIT
sandbox=

"$BENCH_BUILD/sandbox/clinic/handover-sample-clinic" --out "$work/export" --patients 10 --account-file "$work/account.json" >/dev/null
key=$(grep -o '"keys":\["[^"]*' "$work/account.json" | head -n 1 | cut -d '"' -f 4)
BENCH_AUTHORIZATION="Basic $(printf '%s:' "$key" | base64 -w0)"
export BENCH_AUTHORIZATION

run() {
    taskset -c 0 "$BENCH_BUILD/sandbox/handover-sandbox" --listen 127.0.0.1:0 --limit 0 --seed-file "$work/account.json" \
        >"$work/out" 2>/dev/null &
    sandbox=$!
    until url=$(sed -n 's/^listening on //p' "$work/out" 2>/dev/null) && [ -n "$url" ]; do sleep 0.05; done
    printf '%-24s' "$1"
    taskset -c 1 wrk -t 1 -c 64 -d "${seconds}s" -s "$2" "$url$3" | grep -E 'Requests/sec|Non-2xx' | tr -s ' \n' ' '
    echo
    kill "$sandbox"
    wait "$sandbox" 2>/dev/null || true
}

run "POST /v1/patients" sandbox.lua /v1/patients
cat >"$work/read.lua" <<'LUA'
wrk.headers["Accept"] = "application/json"
wrk.headers["User-Agent"] = "Handover (bench@example.com)"
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")
LUA
run "GET /v1/user" "$work/read.lua" /v1/user
