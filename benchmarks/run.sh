#!/usr/bin/env bash
# Builds and runs tenure's benchmarks on one core of this machine.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: benchmarks/run.sh [options] [program ...]

  program        gemm, ...: a source file of this folder; all by default
  --isa NAME     avx2 or sse2: compile for AVX2 and FMA, or for what every x86-64 has, and hold the peers to it
                 (default: native, all that this machine can do)
  --filter REGEX only the benchmarks whose names match
  --quick        few rounds: a rough picture in seconds
  --json DIR     also write DIR/<program>.json
  --no-install   do not install missing packages
USAGE
}

variant=native
filter=.
rounds=101
json=
install=true
programs=()
while (($#)); do
  case $1 in
    --isa) variant=${2:?--isa needs a name}; shift ;;
    --filter) filter=${2:?--filter needs a regular expression}; shift ;;
    --quick) rounds=9 ;;
    --json) json=${2:?--json needs a folder}; shift ;;
    --no-install) install=false ;;
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) programs+=("$1") ;;
  esac
  shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/benchmarks-$variant

source "$root/benchmarks/instruction_set.sh"
use_instruction_set "$variant"
if $install; then
  source "$root/cmake/install-packages.sh"
  install_packages g++ cmake libeigen3-dev libxsimd-dev libbenchmark-dev libdnnl-dev libxsmm-dev libopenblas-dev >&2
fi

settings=("${instruction_settings[@]}" -DCMAKE_BUILD_TYPE=Release -DTENURE_BUILD_BENCHMARKS=ON -DTENURE_BUILD_TESTS=OFF
  -DTENURE_BUILD_EXAMPLES=OFF)
# CMake's messages about what is missing go to stderr.
cmake -S "$root" -B "$build" "${settings[@]}" > /dev/null
targets=("${programs[@]/#/benchmark_}")
if ((${#programs[@]} == 0)); then
  targets=(all)
  for source in "$root"/benchmarks/*.cpp; do
    name=$(basename "$source" .cpp)
    if [[ $name != predict_only ]]; then programs+=("$name"); fi  # which size.sh weighs
  done
fi
cmake --build "$build" --parallel "$(nproc)" --target "${targets[@]}" > /dev/null

# One thread each, on one core: the last, which the system uses least. Threads need all cores.
export TENURE_BENCHMARK_ROUNDS=$rounds OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
pin=()
if command -v taskset > /dev/null; then pin=(taskset -c "$(($(nproc) - 1))"); fi
for program in "${programs[@]}"; do
  if [[ $program == threads ]]; then on=(); else on=("${pin[@]}"); fi
  options=("--benchmark_filter=$filter")
  if [[ -n $json ]]; then
    mkdir -p "$json"
    options+=("--benchmark_out=$json/$program.json" --benchmark_out_format=json)
  fi
  "${on[@]}" "$build/benchmarks/benchmark_$program" "${options[@]}"
done
