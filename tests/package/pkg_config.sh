#!/usr/bin/env bash
# pkg_config.sh PREFIX COMPILER SOURCE: moves the installed package elsewhere and compiles a program with what pkg-config
# says of it there.
set -euo pipefail
prefix=$1 compiler=$2 source=$3
moved=$prefix-moved
rm -rf "$moved"
cp -r "$prefix" "$moved"
export PKG_CONFIG_PATH=$moved/share/pkgconfig
pkg-config --exists --print-errors "tenure >= 0.1"
read -ra flags < <(pkg-config --cflags tenure)
[[ ${flags[*]} == *"$moved"* ]] || { echo "The flags name another place: ${flags[*]}"; exit 1; }
"$compiler" -std=c++20 -fsyntax-only "${flags[@]}" "$source"
