#!/usr/bin/env bash
# Builds the examples and runs one of them.
set -euo pipefail

usage() {
  cat <<USAGE
Usage: examples/run.sh [options] [-- options of the program]
  --example NAME  which one (default: hybrid_clv, which trains)
  --no-install    do not install missing packages
  -h, --help      this text
Anything else goes to the program: examples/run.sh train --data online_retail.csv
USAGE
}

example=hybrid_clv
install=true
while (($#)); do
  case $1 in
    --example)
      example=${2:-}
      [[ -f $(dirname "${BASH_SOURCE[0]}")/$example.cpp || -f $(dirname "${BASH_SOURCE[0]}")/tools/$example.cpp ]] ||
        { echo "$0: no example '$example'" >&2; usage >&2; exit 2; }
      shift ;;
    --no-install) install=false ;;
    -h | --help) usage; exit ;;
    --) shift; break ;;
    -*) echo "$0: no option '$1' (put -- before the program's own options)" >&2; usage >&2; exit 2 ;;
    *) break ;;
  esac
  shift
done

directory=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if $install; then
  source "$directory/cmake/install-packages.sh"
  packages=(g++ cmake ninja-build ccache libeigen3-dev libxsimd-dev)
  case $example in
    tenure-* | *_clv) packages+=(libcli11-dev nlohmann-json3-dev zlib1g-dev libsqlite3-dev) ;;&
    *_ltv) packages+=(libcli11-dev nlohmann-json3-dev) ;;&
    tenure-runs | *_clv | *_ltv) packages+=(gnuplot-nox libcurl4-openssl-dev libyaml-cpp-dev) ;;&
    *_clv | *_ltv) packages+=(libprotobuf-dev protobuf-compiler) ;;
  esac
  install_packages "${packages[@]}"
fi
command -v ninja >/dev/null && export CMAKE_GENERATOR=Ninja

# The program runs where the caller stands, so that paths among its arguments mean what they say, and standard output is
# the program's alone.
(cd "$directory" && cmake --preset examples && cmake --build --preset examples --parallel "$(nproc)" --target "$example") >&2
if (($# == 0)); then
  case $example in
    daily_ltv) set -- run ;;
    *_clv | bigru_ltv) set -- train ;;
  esac
fi
exec "$directory/build/examples/examples/$example" "$@"
