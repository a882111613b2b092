#!/bin/sh
# Healthy is a program whose loop has touched its health file within the last 30 seconds.
set -eu
touched=$(stat -c %Y "$HANDOVER_HEALTH_FILE")
[ $(($(date +%s) - touched)) -le 30 ]
