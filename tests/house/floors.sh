#!/usr/bin/env bash
# Proves that an upward or sideways include does not compile, and that a downward one does. Each argument after the
# compiler is folder|one of its headers|the include path that the folder is built with.
set -euo pipefail

# The floor of each folder. It stands here once more, on purpose: whoever links too much in CMake fails this test.
declare -A level=([base]=0 [model]=1 [proto]=2 [db]=2 [source]=2 [cliniko]=2 [document]=2 [sandbox]=3
    [coordinator]=4 [workers]=4 [cli]=4)
declare -A header path
compiler=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for probe in "$@"; do
    IFS='|' read -r name first include <<<"$probe"
    header[$name]=$first
    path[$name]=$include
done

# compiles <folder whose include path is used> <header>; the compiler's words are kept in $folder/words.
compiles() {
    local flags=() one

    IFS=: read -ra parts <<<"${path[$1]}"
    for one in "${parts[@]}"; do
        flags+=("-I$one")
    done
    printf '#include "%s"\n' "$2" >"$folder/probe.c"
    "$compiler" -std=c17 -D_GNU_SOURCE "${flags[@]}" -fsyntax-only "$folder/probe.c" >"$folder/words" 2>&1
}

passed=0
failed=0
for from in "${!header[@]}"; do
    for to in "${!header[@]}"; do
        if [ "$from" = "$to" ] || { [ "$to" = base ] && [ "${level[$from]}" -gt 0 ]; }; then
            wanted=yes
        elif [ "${level[$to]}" -ge "${level[$from]}" ]; then
            wanted=no
        else
            continue # downward: allowed, not required
        fi
        got=no
        if compiles "$from" "${header[$to]}"; then
            got=yes
        elif [ $wanted = yes ] || ! grep -qi 'no such file\|file not found' "$folder/words"; then
            got="no: $(grep -m 1 'error:' "$folder/words")"
        fi
        if [ "$got" = $wanted ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "$from including ${header[$to]}: does it compile? got $got, want $wanted"
        fi
    done
done
echo "$passed includes as they should be, $failed not"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
