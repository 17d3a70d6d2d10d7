#!/usr/bin/env bash
# What a training step and a prediction of the published models cost in heap calls, instructions and cache misses, as a
# Markdown table: the difference between many of them and few, divided by their number. Heap calls are counted by
# valgrind. The rest is counted by the processor (perf stat) where it may be, for a native build; else by cachegrind, which
# knows no AVX-512, for an AVX2 build, in caches of the sizes that this machine has.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: benchmarks/counts.sh [options] [row ...]

  row            hybrid_train, bigru_predict, ..., all by default; or one of benchmark_growth's layers by batch, steps and
                 width: lstm,256,16,64
  --cachegrind   not the processor's own counters
  --no-install   do not install missing packages
USAGE
}

install=true
counters=true
rows=()
while (($#)); do
  case $1 in
    --cachegrind) counters=false ;;
    --no-install) install=false ;;
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) rows+=("$1") ;;
  esac
  shift
done
if ((${#rows[@]} == 0)); then
  for model in hybrid bigru daily_ltv ann; do rows+=("${model}_train" "${model}_predict"); done
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if $install; then
  source "$root/cmake/install-packages.sh"
  install_packages g++ cmake libeigen3-dev libxsimd-dev libbenchmark-dev valgrind >&2
fi
source "$root/benchmarks/instruction_set.sh"

# programs NAME: builds the programs for that instruction set and prints the path that their names begin with.
programs() {
  local build=$root/build/benchmarks-$1
  (
    use_instruction_set "$1"
    cmake -S "$root" -B "$build" "${instruction_settings[@]}" -DCMAKE_BUILD_TYPE=Release -DTENURE_BUILD_BENCHMARKS=ON \
      -DTENURE_BUILD_TESTS=OFF > /dev/null 2>&1
    cmake --build "$build" --target benchmark_models benchmark_growth > /dev/null
  )
  echo "$build/benchmarks/benchmark_"
}

events=instructions:u,L1-dcache-load-misses:u,cache-misses:u
if $counters && ! perf stat -x, -e "$events" true 2>&1 | awk -F, '$1 !~ /^[0-9]+$/ { bad = 1 } END { exit NR < 3 || bad }'; then
  counters=false
fi
avx2=$(programs avx2)
if $counters; then native=$(programs native); fi

# "INSTRUCTIONS L1D-MISSES L2-MISSES" of a run.
count() {
  if $counters; then
    perf stat -x, -e "$events" "$native$program" --only "$@" 2>&1 | awk -F, '{ printf "%s ", $1 }'
  else
    valgrind --tool=cachegrind --cache-sim=yes --cachegrind-out-file=/dev/null --D1="$first_level,8,64" --LL="$second_level,8,64" \
      "$avx2$program" --only "$@" 2>&1 |
      awk '{ gsub(",", "") } /I +refs:/ { i = $4 } /D1 +misses:/ { d = $4 } /LLd misses:/ { l = $4 } END { print i, d, l }'
  fi
}
heap_calls() {
  valgrind "$avx2$program" --only "$@" 2>&1 | awk '{ gsub(",", "") } /total heap usage/ { print $5 }'
}

# A cache's bytes, or what is usual where they are not known.
cache() {
  local size
  size=$(getconf "$1" 2> /dev/null || true)
  if ((${size:-0} > 0)); then echo "$size"; else echo "$2"; fi
}
first_level=$(cache LEVEL1_DCACHE_SIZE 32768)
second_level=$(cache LEVEL2_CACHE_SIZE 1048576)

if $counters; then by="perf stat, native build"; else by="cachegrind, AVX2 build, $((first_level / 1024)) and $((second_level / 1024)) KiB"; fi
echo "| $by | heap calls | instructions | L1d misses | L2 misses |"
echo "|---|---|---|---|---|"
for row in "${rows[@]}"; do
  # The second step has all its memory.
  case $row in
    *,*) program=growth few=2 many=4 ;;
    hybrid_* | bigru_train) program=models few=2 many=6 ;;
    *_train) program=models few=2 many=52 ;;
    *) program=models few=2 many=202 ;;
  esac
  read -r i0 d0 l0 <<< "$(count "$row" $few)"
  read -r i1 d1 l1 <<< "$(count "$row" $many)"
  heap=$(($(heap_calls "$row" $many) - $(heap_calls "$row" $few)))
  awk -v row="$row" -v n=$((many - few)) -v heap=$heap -v i=$((i1 - i0)) -v d=$((d1 - d0)) -v l=$((l1 - l0)) \
    'BEGIN { printf "| %s | %g | %.0f | %.0f | %.0f |\n", row, heap / n, i / n, d / n, l / n }'
done
