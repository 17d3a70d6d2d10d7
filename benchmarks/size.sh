#!/usr/bin/env bash
# What each example costs to compile and to ship, as a Markdown table: bytes of the stripped program and of the shared
# libraries beyond the C++ run time that it loads, seconds of processor time and megabytes of memory of the compiler, -O3.
# Beside them a program that only predicts (benchmarks/predict_only.cpp) and, where libtorch is installed, a program of a
# training loop for that. What programs share is a row of its own.
#
#   benchmarks/size.sh [--no-install]
set -euo pipefail

case ${1:-} in
  "" | --no-install) ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ ${1:-} != --no-install ]]; then
  source "$root/cmake/install-packages.sh"
  install_packages g++ cmake time binutils libeigen3-dev libxsimd-dev libbenchmark-dev libtorch-dev libcli11-dev \
    nlohmann-json3-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev libyaml-cpp-dev libprotobuf-dev \
    protobuf-compiler >&2
fi
build=$root/build/size
rm -rf "$build"
mkdir -p "$build"

# GNU time before each call of the compiler writes "SECONDS SECONDS KILOBYTES COMMAND".
cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DTENURE_BUILD_TESTS=OFF -DTENURE_BUILD_BENCHMARKS=ON \
  "-DCMAKE_CXX_COMPILER_LAUNCHER=/usr/bin/time;-a;-o;$build/usage;-f;%U %S %M %C" > /dev/null
targets=(peer_libtorch_minimal predict_only predict_only_compiled)
for source in "$root"/examples/*.cpp; do targets+=("$(basename "$source" .cpp)"); done
known=$(cmake --build "$build" --target help)
for target in "${targets[@]}"; do
  if grep -qx "\.\.\. $target" <<< "$known"; then cmake --build "$build" --target "$target" > /dev/null; fi
done

# "SECONDS MEGABYTES" of a target: the sum of its source files' and the largest.
compiled() {
  awk -v folder="/$1.dir/" 'index($0, folder) { seconds += $1 + $2; if ($3 > most) most = $3 }
                            END { printf "%.1f | %.0f", seconds, most / 1024 }' "$build/usage"
}
# Bytes of the shared libraries that a program loads, beyond those that every C++ program does.
shared() {
  ldd "$1" | awk '/=> \// && $1 !~ /^(libc|libm|libstdc\+\+|libgcc_s|libpthread|libdl|librt)\.so/ { print $3 }' |
    xargs -r stat -L -c %s | awk '{ bytes += $1 } END { printf "%.1f", bytes / 1e6 }'
}

echo "| program | stripped, MB | shared libraries, MB | to compile, s | MB |"
echo "|---|---|---|---|---|"
sed -n 's|.*CMakeFiles/\([^/]*\)\.dir/.*|\1|p' "$build/usage" | sort -u | while read -r target; do
  program=$(find "$build" -type f -name "$target" -executable)
  if [[ -n $program ]]; then
    strip -o "$build/stripped" "$program"
    sizes=$(stat -c %s "$build/stripped" | awk '{ printf "%.2f", $1 / 1e6 }')" | $(shared "$program")"
  else
    sizes=" | "
  fi
  echo "| $target | $sizes | $(compiled "$target") |"
done
