#!/usr/bin/env bash
# Loads a report in headless Chromium at the widths of a desktop, a tablet and a phone, light and dark:
# check_report.sh PROGRAM-THAT-WRITES-ONE DIRECTORY. Ends with 77 where Chromium or gnuplot is missing.
set -euo pipefail

program=$1
directory=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "skipped: no Chromium (tests/run.sh --browser installs it)"; exit 77; }
command -v gnuplot >/dev/null || { echo "skipped: no gnuplot"; exit 77; }

rm -rf "$directory"
mkdir -p "$directory"
ids=$("$program" "$directory/report.html" | paste -sd,)
cp "$here/check_report.html" "$directory"

# The check looks into frames of files beside it.
options=(--headless --disable-gpu --user-data-dir="$directory/profile" --allow-file-access-from-files
         --window-size=1280,900 --disable-background-networking --no-first-run --disable-dev-shm-usage)
((EUID)) || options+=(--no-sandbox)

look() {
  timeout 120 "$chromium" "${options[@]}" "${@:2}" --virtual-time-budget=20000 --dump-dom \
    "file://$directory/check_report.html$1#$ids" 2>"$directory/errors" |
    sed -n '/<pre id="result">/,/<\/pre>/p' | sed '1d;$d' >"$directory/result"
  cat "$directory/result"
  grep -qx 'all is well' "$directory/result" || { tail -5 "$directory/errors"; exit 1; }
}

echo "Figures: $ids"
look ''
look '?dark' --blink-settings=preferredColorScheme=0
