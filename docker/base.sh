#!/bin/sh
# Makes the base image where none can be pulled: base.sh <tag> builds a minimal Debian 12 with debootstrap, as root, and
# imports it into Docker. It takes packages from where this machine takes its own.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
debootstrap --variant=minbase bookworm "$folder/root" >"$folder/log" 2>&1 || {
    tail -n 20 "$folder/log" >&2
    exit 1
}
cp /etc/apt/apt.conf.d/99* "$folder/root/etc/apt/apt.conf.d/" 2>/dev/null || true
if [ -f /etc/apt/sources.list.d/debian.sources ]; then
    rm -f "$folder/root/etc/apt/sources.list"
    cp /etc/apt/sources.list.d/debian.sources "$folder/root/etc/apt/sources.list.d/"
elif [ -f /etc/apt/sources.list ]; then
    cp /etc/apt/sources.list "$folder/root/etc/apt/"
fi
rm -rf "$folder"/root/var/cache/apt/archives/*.deb "$folder"/root/var/lib/apt/lists/*
tar -C "$folder/root" -c . | docker import --change 'CMD ["bash"]' - "$1" >/dev/null
