#!/bin/sh
# A local Cliniko for trying: makes its certificate, the sample clinic's export in /sources/harbour and its account, the
# clinic's answers in /sources/harbour.answers.json, and the API key in /sources/harbour.key.
set -eu
umask 022
[ -s /run/tls/ca.pem ] || certificate.sh /run/tls
handover-sample-clinic --out /sources/harbour --account-file /tmp/account.json \
    --answers-file /sources/harbour.answers.json --today "$(date +%F)"
chmod -R a+rX /sources/harbour /sources/harbour.answers.json
(umask 077 && grep -o '"keys":\["[^"]*' /tmp/account.json | head -n 1 | cut -d '"' -f 4 >/sources/harbour.key)
exec handover-sandbox --listen 0.0.0.0:8443 --seed-file /tmp/account.json \
    --tls-cert /run/tls/ca.pem --tls-key /run/tls/key.pem
