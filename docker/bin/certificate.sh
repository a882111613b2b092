#!/bin/sh
# A certificate for a local Cliniko: certificate.sh <folder> writes key.pem and ca.pem, which is the certificate and the
# authority that it is checked against in one. For trying and for tests only.
set -eu
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=handover-sandbox" \
    -addext "subjectAltName=DNS:localhost,DNS:sandbox,IP:127.0.0.1" \
    -keyout "$1/key.pem" -out "$1/ca.pem" 2>/dev/null
chmod 644 "$1/ca.pem"
