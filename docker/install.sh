#!/bin/sh
# Installs groups of docker/packages.txt into an image: install.sh <group>...
set -eu
packages=$(awk -v wanted=" $* " '
    /^\[/ { group = substr($0, 2, length($0) - 2); next }
    /^#/ || NF == 0 { next }
    index(wanted, " " group " ") { print $1 }' "$(dirname "$0")/packages.txt")
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o Acquire::Retries=3 update
# shellcheck disable=SC2086
apt-get -q -y -o Acquire::Retries=3 --no-install-recommends install $packages
rm -rf /var/lib/apt/lists/*
