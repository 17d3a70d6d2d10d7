#!/usr/bin/env bash
# The daily LTV example with five seeds, on weekly cohorts of UCI's Online Retail or on simulated campaigns of the
# published size: medians.
set -euo pipefail

usage() { echo "usage: benchmarks/daily_ltv.sh [--no-install] [--first-seed N] [FILE]   (UCI's Online Retail as CSV; without, simulated campaigns)"; }

install=()
file=
first=42
while (($#)); do
  case $1 in
    --no-install) install=(--no-install) ;;
    --first-seed)
      first=${2:-}
      [[ $first =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
      shift ;;
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) file=$1; [[ -f $file ]] || { echo "$0: no file '$file'" >&2; usage >&2; exit 2; } ;;
  esac
  shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
data=(--size published)
if [[ $file ]]; then
  "$root/examples/run.sh" "${install[@]}" --example tenure-data -- ltv-curves --data "$file" --out "$out/base/Files" > "$out/log" 2>&1 ||
    { cat "$out/log" >&2; exit 1; }
  data=(--base-path "$out/base")
fi
seeds=($((first)) $((first + 1)) $((first + 2)) $((first + 3)) $((first + 4)))
for seed in "${seeds[@]}"; do
  # TIMEFORMAT's %U: processor time, for which other programs count less.
  TIMEFORMAT="seed $seed: %U s of processor time, gnuplot's included"
  time "$root/examples/run.sh" "${install[@]}" --example daily_ltv -- run "${data[@]}" --seed "$seed" --out "$out/$seed" \
    --no-rolling-validation --quiet 2> "$out/log" || { cat "$out/log" >&2; exit 1; }
done
# median KEY [SECTION]: of the key's first value, or of that behind the section's name, in the five files
median() {
  for seed in "${seeds[@]}"; do
    grep -A9 "\"${2:-$1}\"" "$out/$seed/metrics.json" | grep -m1 -o "\"$1\": [-0-9.e]*" | cut -d' ' -f2
  done | sort -g | sed -n 3p
}
printf 'median of five seeds: validation MAE %.6f\n' "$(median val_mae)"
columns=(accuracy corrected holdout_model holdout_corrected holdout_flat holdout_constant holdout_by_day)
printf '%-10s' "" ; printf '%19s' "${columns[@]}"; echo
for band in D7-D10 D20-D30 D30-D36; do
  printf '%-10s' "$band"
  for column in "${columns[@]}"; do printf '%19.2f' "$(median "$column" "$band")"; done
  echo
done
