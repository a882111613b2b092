#!/bin/sh
set -eu
exec curl --silent --fail --output /dev/null --cacert /run/tls/ca.pem https://localhost:8443/__health
