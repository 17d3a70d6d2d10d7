#!/usr/bin/env bash
# tenure's layers beside PyTorch and oneDNN, in turns and in one run, on one core of this machine.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: benchmarks/layers.sh [options]

  --turns N      how often each takes its turn (default: 5)
  --no-install   do not install missing packages
USAGE
}

turns=5
install=()
while (($#)); do
  case $1 in
    --turns) turns=${2:?--turns needs a number}; shift ;;
    --no-install) install=(--no-install) ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if ((${#install[@]} == 0)); then
  source "$root/cmake/install-packages.sh"
  install_packages python3-torch >&2
fi

# Debian's Python, which has Debian's PyTorch.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pin=()
if command -v taskset > /dev/null; then pin=(taskset -c "$(($(nproc) - 1))"); fi
OMP_NUM_THREADS=1 "${pin[@]}" /usr/bin/python3 "$root/benchmarks/pytorch_layers.py" "$turns" "$work" \
  "$root/benchmarks/run.sh" "${install[@]}" --quick --filter '^(LSTM|GRU|encoder layer 30x6/)' --json "$work" \
  recurrent transformer
