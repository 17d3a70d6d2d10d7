#!/usr/bin/env bash
# wrong_flags.sh COMPILER INCLUDE_DIRECTORY: with flags that tenure cannot be compiled with, the first error says so, and
# no more than one follows.
set -euo pipefail
export LC_ALL=C

expect() {
  local message=$1 output errors
  shift
  if output=$("$@" -fsyntax-only -x c++ - <<<'#include <tenure/tenure.hpp>' 2>&1); then
    echo "Compiles: $*"
    exit 1
  fi
  errors=$(grep 'error: ' <<<"$output")
  if [[ $(head -n 1 <<<"$errors") != *"$message"* ]] || (($(wc -l <<<"$errors") > 2 || $(wc -l <<<"$output") > 20)); then
    echo "Expected \"$message\" in a few lines, got:"
    head -n 30 <<<"$output"
    exit 1
  fi
}

eigen=$(pkg-config --cflags eigen3)
expect "tenure needs C++20" "$1" -std=c++17 -I"$2" $eigen
expect "tenure needs exceptions" "$1" -std=c++20 -fno-exceptions -I"$2" $eigen
