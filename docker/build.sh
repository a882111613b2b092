#!/bin/sh
# Builds the programs inside the image and lays them out as they are installed: build.sh <folder>
set -eu
cmake --preset release
programs="handover handover-coordinator handover-worker handover-sandbox handover-sample-clinic"
# shellcheck disable=SC2086
cmake --build build/release --target $programs -- --quiet
install -d "$1/bin" "$1/share/handover"
for program in $programs; do
    file=$(find build/release -type f -name "$program" -perm -u+x)
    strip --strip-debug -o "$1/bin/$program" "$file"
done
cp -R profiles "$1/share/handover/"
