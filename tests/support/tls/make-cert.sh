#!/bin/sh
# Makes a throw-away certificate authority and a certificate for localhost and 127.0.0.1, for tests of TLS:
#   make-cert.sh FOLDER [NAME…]
# writes ca.pem, cert.pem and key.pem; NAMEs are further host names, such as the sandbox's in a compose file. Valid for
# 30 days. The authority's key is deleted at once, so nothing else can ever be signed with it.
set -eu

if [ $# -lt 1 ]; then
    echo "usage: $0 FOLDER [NAME…]" >&2
    exit 2
fi
folder=$1
shift
names="DNS:localhost,IP:127.0.0.1,IP:::1"
for name in "$@"; do
    names="$names,DNS:$name"
done

umask 077
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=Handover test authority" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign" \
    -keyout "$work/ca-key.pem" -out "$folder/ca.pem" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
    -keyout "$folder/key.pem" -out "$work/request.pem" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' "$names" >"$work/extensions"
openssl x509 -req -in "$work/request.pem" -CA "$folder/ca.pem" -CAkey "$work/ca-key.pem" -CAcreateserial -days 30 \
    -extfile "$work/extensions" -out "$folder/cert.pem" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
