#!/usr/bin/env bash
# tenure beside every peer that is installed: the same work, one core, in turns, in one run.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: benchmarks/compare.sh [options]

  --data FILE    UCI's Online Retail as CSV, for the rows of preparation and of the hybrid's whole run
                 (default: the environment variable TENURE_ONLINE_RETAIL; without a file, these rows are left out)
  --isa NAME     avx2 or sse2: everything compiled for AVX2 and FMA, or for what every x86-64 has, and the peers held to
                 it (default: native, all that this machine can do)
  --turns N      how often each takes its turn (default: 5)
  --quick        two turns of few rounds, pandas on another core meanwhile: a rough picture in less than two minutes
                 on two idle cores, building included
  --no-docs      do not write the tables into docs/benchmarks.md
  --no-install   do not install missing packages

Writes build/compare.json, or build/compare-NAME.json, and docs/benchmarks.md between the marks of that instruction set.
USAGE
}

variant=native
data=${TENURE_ONLINE_RETAIL:-}
quick=false
turns=5
rounds=101
docs=true
install=true
while (($#)); do
  case $1 in
    --data) data=${2:?--data needs a file}; shift
      [[ -f $data ]] || { echo "$0: no file '$data'" >&2; exit 2; } ;;
    --isa) variant=${2:?--isa needs a name}; shift ;;
    --turns) turns=${2:?--turns needs a number}; shift
      [[ $turns =~ ^[1-9][0-9]*$ ]] || { echo "$0: --turns: expected a number of at least 1, got '$turns'" >&2; exit 2; } ;;
    --quick) quick=true turns=2 rounds=11 ;;
    --no-docs) docs=false ;;
    --no-install) install=false ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/benchmarks-$variant
json=$root/build/compare.json
if [[ $variant != native ]]; then json=$root/build/compare-$variant.json; fi
source "$root/benchmarks/instruction_set.sh"
use_instruction_set "$variant"
if $install; then
  source "$root/cmake/install-packages.sh"
  install_packages g++ cmake libeigen3-dev libxsimd-dev libbenchmark-dev libdnnl-dev libxsmm-dev libopenblas-dev \
    libtorch-dev python3-torch python3-sklearn python3-pandas libcli11-dev nlohmann-json3-dev zlib1g-dev libsqlite3-dev >&2
fi
# CMake says which peers are missing, and what installs them. MLflow's tracker would be compiled for nothing.
cmake -S "$root" -B "$build" "${instruction_settings[@]}" -DCMAKE_BUILD_TYPE=Release \
  -DTENURE_BUILD_BENCHMARKS=ON -DTENURE_BUILD_TESTS=OFF -DTENURE_BUILD_EXAMPLES=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON > /dev/null
jobs=$((($(nproc) + 1) / 2))
cmake --build "$build" --parallel "$jobs" --target compare_example > /dev/null &
example=$!
cmake --build "$build" --parallel "$jobs" --target compare_programs > /dev/null
wait "$example"

options=(--build "$build" --turns "$turns" --rounds "$rounds" --isa "$variant" --json "$json")
if [[ -n $data ]]; then options+=(--data "$(realpath "$data")"); fi
if $quick && (($(nproc) > 1)); then options+=(--pandas-core 0); fi
if $docs; then options+=(--docs "$root/docs/benchmarks.md"); fi
pin=()
if command -v taskset > /dev/null; then pin=(taskset -c "$(($(nproc) - 1))"); fi
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Debian's Python, which has Debian's PyTorch.
"${pin[@]}" /usr/bin/python3 "$root/benchmarks/compare.py" "${options[@]}"
