#!/bin/sh
# Redis for the compose project. It keeps nothing on disk: a lost bucket starts empty. The settings come by standard input,
# so that the password is in no argument list.
set -eu
exec redis-server - <<SETTINGS
bind * -::*
port 6379
save ""
dir /tmp
requirepass $(cat /run/secrets/redis_password)
SETTINGS
