#!/bin/sh
# PostgreSQL for the compose project. Other containers log in with the password of /run/secrets/database_password.
set -eu
data=/var/lib/handover/postgres/data
if [ ! -s "$data/PG_VERSION" ]; then
    # A first start that was cut short is made anew.
    rm -rf "$data.new"
    initdb --pgdata="$data.new" --username=handover --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
        --auth-local=scram-sha-256 --auth-host=scram-sha-256 --pwfile=/run/secrets/database_password
    echo 'host all handover all scram-sha-256' >>"$data.new/pg_hba.conf"
    echo 'create database handover;' | postgres --single -D "$data.new" postgres >/dev/null
    mv "$data.new" "$data"
fi
exec postgres -D "$data" -c "listen_addresses=*" -c unix_socket_directories=/tmp
