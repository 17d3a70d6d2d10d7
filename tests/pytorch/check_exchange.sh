#!/usr/bin/env bash
# Has PyTorch load what save() writes, and load() what PyTorch has: check_exchange.sh PROGRAM DIRECTORY, the program being
# that of exchange.cpp. Ends with 77 where there is no PyTorch: tests/run.sh --pytorch installs Debian's.
set -euo pipefail

program=$1
directory=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for python in python3 /usr/bin/python3 ""; do
  [[ -n $python ]] || { echo "skipped: no Python with PyTorch (tests/run.sh --pytorch installs Debian's)"; exit 77; }
  "$python" -c 'import numpy, torch' 2>/dev/null && break
done

rm -rf "$directory"
mkdir -p "$directory"
"$program" write "$directory"
"$python" "$here/exchange.py" "$directory"
"$program" check "$directory"
