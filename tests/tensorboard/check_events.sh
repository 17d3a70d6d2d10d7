#!/usr/bin/env bash
# Has event files read by npm's tfrecord: check_events.sh PROGRAM-THAT-WRITES-THEM DIRECTORY PACKAGES, the latter being
# where tests/run.sh installed it. Ends with 77 where it is not there.
set -euo pipefail

program=$1
directory=$2
packages=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ -d $packages/node_modules/tfrecord ]] && command -v node >/dev/null ||
  { echo "skipped: no npm package tfrecord (tests/run.sh installs it)"; exit 77; }

rm -rf "$directory"
mkdir -p "$directory"
"$program" "$directory/events" > "$directory/expected.json"
export NODE_PATH=$packages/node_modules
read_back() { node "$here/read_events.js" "$directory/events" "$directory/expected.json"; }
read_back

# What a reader must not take: a flipped bit, and a record that is cut off.
file=$(echo "$directory"/events/*)
cp "$file" "$directory/whole"
printf '\x7f' | dd of="$file" bs=1 seek=60 conv=notrunc status=none
! read_back >/dev/null 2>&1 || { echo "a flipped bit is taken"; exit 1; }
head -c -3 "$directory/whole" > "$file"
! read_back >/dev/null 2>&1 || { echo "a record that is cut off is taken"; exit 1; }
