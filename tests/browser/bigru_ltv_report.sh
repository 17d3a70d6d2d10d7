#!/usr/bin/env bash
# Has the program of BIGRU_LTV write its report on a few shops to a file, and prints the figures' ids: bigru_ltv_report.sh FILE
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/shops"
for shop in 1 2 3; do
  {
    echo date,value,spend
    for ((i = 0; i < 240; ++i)); do
      echo "$(date -d "2023-01-01 +$i days" +%F),$((shop * (i % 7) * 10 + i * 37 % 23 + (i == 100) * 5000)),$((i % 5))"
    done
  } > "$work/shops/shop$shop.csv"
done
"$BIGRU_LTV" train --data-path "$work/shops" --epochs 3 --units 8 --folds 2 --out "$work/run" --quiet
cp "$work/run/report.html" "$1"
grep -o '<figure class="part" id="[^"]*' "$1" | cut -d'"' -f4
