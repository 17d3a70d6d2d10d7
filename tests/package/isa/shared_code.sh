#!/usr/bin/env bash
# shared_code.sh BASE_OBJECT WIDE_OBJECT: names the functions of tenure, Eigen and xsimd that both objects define, of
# which the linker keeps one, and whose copy in the second holds AVX code. A program that meets them dies on a machine
# without AVX. Fails if there are any.
set -euo pipefail
export LC_ALL=C

weak() { nm "$1" | awk '$2 ~ /^[WVu]$/ && $3 ~ /6tenure|5Eigen|5xsimd/ { print $3 }' | sort -u; }

shared=$(comm -12 <(weak "$1") <(weak "$2"))
found=$(objdump --disassemble --no-show-raw-insn "$2" | awk -v names="$shared" '
  BEGIN { count = split(names, list, "\n"); for (i = 1; i <= count; ++i) shared[list[i]] = 1 }
  /^[0-9a-f]+ <.*>:$/ { current = substr($2, 2, length($2) - 3) }
  (current in shared) && !(current in printed) && /\t(v[a-z0-9]+|k[a-z]+[bwdq]) / { print current; printed[current] = 1 }')

# A symbol of tenure carries the instruction set in its name, so that none can be common to both.
ours=$(grep 6tenure <<<"$shared" || true)
if [[ $found || $ours ]]; then
  echo "Merged by the linker, with AVX code:"
  c++filt <<<"$found"
  echo "Symbols of tenure in both objects:"
  c++filt <<<"$ours"
  exit 1
fi
echo "No AVX code is shared."
