#!/usr/bin/env bash
# Reading and preparing transactions for the hybrid model, beside pandas, in one run.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: benchmarks/preparation.sh [options] FILE

  FILE           UCI's Online Retail as CSV, or a shop in its format (tenure-data simulate)
  --no-install   do not install missing packages
USAGE
}

install=()
file=
while (($#)); do
  case $1 in
    --no-install) install=(--no-install) ;;
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) [[ -z $file ]] || { usage >&2; exit 2; }
      file=$1 ;;
  esac
  shift
done
[[ -f $file ]] || { echo "$0: no file '$file'" >&2; usage >&2; exit 2; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if ((${#install[@]} == 0)); then
  source "$root/cmake/install-packages.sh"
  install_packages python3-pandas >&2
fi

TENURE_ONLINE_RETAIL=$(realpath "$file")
export TENURE_ONLINE_RETAIL OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
"$root/benchmarks/run.sh" "${install[@]}" --filter '^(read|prepare|read_and_prepare)/' preparation |
  tee /dev/stderr |
  /usr/bin/python3 "$root/benchmarks/preparation.py" "$TENURE_ONLINE_RETAIL"
