#!/usr/bin/env bash
# The hybrid model's example on UCI's Online Retail with nine seeds: medians beside what PyTorch gives, and the time.
set -euo pipefail

usage() { echo "usage: benchmarks/hybrid_clv.sh [--no-install] FILE   (UCI's Online Retail as CSV)"; }

install=()
file=
while (($#)); do
  case $1 in
    --no-install) install=(--no-install) ;;
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) file=$1 ;;
  esac
  shift
done
[[ -f $file ]] || { echo "$0: no file '$file'" >&2; usage >&2; exit 2; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for seed in {1..9}; do
  # TIMEFORMAT's %U: processor time, for which other programs count less.
  TIMEFORMAT="seed $seed: %U s of processor time, gnuplot's included"
  time "$root/examples/run.sh" "${install[@]}" -- train --data "$file" --seed "$seed" --out "$out/$seed" --quiet 2> "$out/log" ||
    { cat "$out/log" >&2; exit 1; }
done
# median KEY: of the model's values in the nine files
median() {
  for seed in {1..9}; do grep -m1 -o "\"$1\": [-0-9.e]*" "$out/$seed/metrics.json" | cut -d' ' -f2; done | sort -g | sed -n 5p
}
printf '%-38s %-22s %-14s %s\n' "median of nine seeds" "" "PyTorch's" "at least as good as"
while IFS='|' read -r key name theirs bound; do
  printf '%-38s %-22s %-14s %s\n' "$name" "$(median "$key")" "$theirs" "$bound"
done <<ROWS
val_mse|val mse, epoch 20|4.3e-6|5.2e-6
val_loss|val loss, epoch 20|2.37e-5|2.6e-5
mutual_gini|Mutual Gini, test|0.040|0.076
r2|R², test|0.77|0.73
r2_known_customers|R², test, without the pooled customer|0.49|0.42
ROWS
