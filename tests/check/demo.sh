#!/usr/bin/env bash
# The demo: a made-up clinic sends its backup in a zip, FD_DECRYPTED.zip, which goes into a local Cliniko. What arrived
# there is read back and compared, field by field and file by file, with an export that was written beside the backup and
# that the transfer never sees. The PDFs that were made of notes, X-rays and letters stay in <build folder>/demo.
# demo.sh <build folder> [flags of handover run]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=$1
shift
work=$(mktemp -d)
sandbox=

stop_all() {
    if [ -n "$sandbox" ]; then
        kill "$sandbox" 2>/dev/null || true
        wait "$sandbox" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

program() {
    find "$build" -type f -name "$1" -perm -u+x -print -quit
}

# The sandbox prints its address once it serves. It has a session of its own: Ctrl-C goes to the transfer, which records
# what is under way, and the sandbox answers until then.
start_sandbox() {
    : >"$work/sandbox.out"
    setsid "$(program handover-sandbox)" --listen 127.0.0.1:0 --limit 0 --seed-file "$work/account.json" \
        --files "$work/files" --tls-cert "$work/ca.pem" --tls-key "$work/key.pem" >"$work/sandbox.out" 2>"$work/sandbox.log" &
    sandbox=$!
    for _ in $(seq 200); do
        url=$(sed -n 's/^listening on //p' "$work/sandbox.out")
        [ -z "$url" ] || return 0
        kill -0 "$sandbox" 2>/dev/null || break
        sleep 0.05
    done
    cat "$work/sandbox.log" >&2
    echo "the local Cliniko did not start" >&2
    exit 1
}

transfer() {
    HANDOVER_CLINIKO_URL=$url/v1 HANDOVER_CLINIKO_CA_FILE=$work/ca.pem HANDOVER_CONTACT=demo@example.com \
        HANDOVER_DATA=$work/data "$(program handover)" run "$work/FD_DECRYPTED.zip" --profile profiles/front-desk.json \
        --to harbour-physiotherapy --key-file "$work/key" --answers "$work/answers.json" \
        --practitioner-keys "$work/keys.json" --rate 0 --bad-rows exclude "$@"
}

umask 077
chmod 711 "$work" # the private PostgreSQL runs as a user of its own, who passes through
mkdir "$work/files"
"$(program handover-sample-clinic)" --zip "$work/FD_DECRYPTED.zip" --out "$work/export" --truth "$work/truth" \
    --account-file "$work/account.json" --answers-file "$work/answers.json" --keys-file "$work/keys.json" \
    --today "$(date +%F)" >/dev/null
grep -o '"keys":\["[^"]*' "$work/account.json" | head -n 1 | cut -d '"' -f 4 >"$work/key"
docker/bin/certificate.sh "$work"
start_sandbox
echo "Harbour Physiotherapy, a made-up clinic, has sent FD_DECRYPTED.zip ($(($(stat -c %s "$work/FD_DECRYPTED.zip") / 1000000)) MB)."
echo "It moves into a local Cliniko at $url."
echo "Its rate limit is switched off for this demo; the real one is 200 requests a minute."
status=0
transfer "$@" || status=$?
# 3: done, and rows that cannot be sent are named. The clinic has such rows; the comparison below knows which.
[ "$status" -ne 3 ] || status=0
echo
echo "Read back from Cliniko and compared with the export of the same clinic:"
rm -rf "$build/demo"
python3 -B tests/check/compare_clinic.py --csv "$work/export" --truth "$work/truth" --answers "$work/answers.json" \
    --keys-file "$work/keys.json" --url "$url" --key-file "$work/key" --ca-file "$work/ca.pem" --pdf-folder "$build/demo" ||
    status=1
echo "The PDFs that were made are in $build/demo."
exit "$status"
