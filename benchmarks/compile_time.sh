#!/usr/bin/env bash
# What a user's translation unit costs to compile at -O3, as a Markdown table: seconds of processor time (the best
# of three) and megabytes (which need GNU time; on Debian: apt-get install time).
#
#   benchmarks/compile_time.sh [program.cpp]    (default: examples/quickstart.cpp)
#
# EIGEN_INCLUDE names Eigen's include directory where it is not Debian's.
set -euo pipefail

if [[ ${1:-} == -* ]]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit 2
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(realpath "${1:-$root/examples/quickstart.cpp}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '#include <tenure/tenure.hpp>' >include_only.cpp

# "SECONDS MEGABYTES" of one command.
measure() {
  if [[ -x /usr/bin/time ]]; then
    /usr/bin/time -f '%U %S %M' -o usage "$@"
  else
    local TIMEFORMAT='%3U %3S -'
    { time "$@" 2>&3; } 3>&2 2>usage
  fi
  awk '{ printf "%.2f %s\n", $1 + $2, $3 == "-" ? "-" : int($3 / 1024) }' usage
}

echo "| compiler | flags | program | seconds | MB |"
echo "|---|---|---|---|---|"
for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || continue
  for flags in "-O3" "-O3 -march=native"; do
    for source in include_only.cpp "$program"; do
      for run in 1 2 3; do
        # Unquoted: several flags.
        measure "$compiler" -std=c++20 $flags -I"$root/include" -isystem "${EIGEN_INCLUDE:-/usr/include/eigen3}" \
          -c "$source" -o object
      done | sort -n | head -1 | {
        read -r seconds megabytes
        echo "| $("$compiler" -dumpfullversion -dumpversion | sed "s/^/$compiler /") | \`$flags\` |" \
          "$(basename "$source" .cpp) | $seconds | $megabytes |"
      }
    done
  done
done
