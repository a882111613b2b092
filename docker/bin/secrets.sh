#!/bin/sh
# Makes the secrets that are not there yet, each in a file of its own under /run/secrets. An existing one is never changed:
# the API keys in the database can be read only with the seal key that sealed them.
set -eu
umask 077
for name in database_password redis_password seal_key; do
    [ -s "/run/secrets/$name" ] || {
        openssl rand -hex 32 >"/run/secrets/.$name"
        mv "/run/secrets/.$name" "/run/secrets/$name"
        echo "made $name"
    }
done
