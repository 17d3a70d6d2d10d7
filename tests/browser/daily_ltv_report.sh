#!/usr/bin/env bash
# Has the program of DAILY_LTV write its report on simulated campaigns to a file, and prints the figures' ids:
# daily_ltv_report.sh FILE
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$DAILY_LTV" simulate --base-path "$work/base" --weeks 12 > "$work/log"
"$DAILY_LTV" run --base-path "$work/base" --epochs 3 --target-ltv 2 --group-by OS --out "$work/run" --quiet
cp "$work/run/report.html" "$1"
grep -o '<figure class="part" id="[^"]*' "$1" | cut -d'"' -f4
