#!/usr/bin/env bash
# Whether a training gives the same bits whatever compiled it: same_bits.sh SOURCE INCLUDE "DIRECTORY;…" COMPILER..., the
# directories of what it needs. g++ contracts a · b + c from -O1 on, clang++ within an expression even at -O0.
set -euo pipefail

source=$1 include=$2
options=(-std=c++20 -march=native -w -I"$include")
IFS=';' read -ra directories <<< "$3"
for directory in "${directories[@]}"; do
  [[ -z $directory || $directory == /usr/include ]] || options+=(-isystem "$directory")
done
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
first=
for compiler in "$@"; do
  for flags in -O0 -O2; do
    [[ $flags != -O2 || $compiler != *clang* ]] || continue
    "$compiler" "${options[@]}" "$flags" -c "$source" -o "$work/bits.o"
    "$compiler" "$work/bits.o" -lpthread -o "$work/bits"
    result=$("$work/bits")
    printf '%s %s:\n%s\n' "${compiler##*/}" "$flags" "$result"
    [[ -n $first ]] || first=$result
    [[ $result == "$first" ]] || { echo "other bits than before"; exit 1; }
  done
done
