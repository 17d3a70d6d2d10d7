#!/usr/bin/env bash
# Builds and runs the tests.
set -euo pipefail

usage() {
  cat <<USAGE
Usage: tests/run.sh [options] [-- ctest options]
  --preset NAME   gcc (the default), clang or sanitize
  --all           all three, one after the other
  --golden DIR    also checks the golden cases there, and prints a line for each (sets TENURE_GOLDEN_DIR)
  --browser       also installs Chromium, for the test that looks at a report in it
  --pytorch       also installs PyTorch, 630 MB with what it needs, for the test that has models go there and back
  --data FILE     UCI's Online Retail as CSV, for tests of the real file (sets TENURE_ONLINE_RETAIL)
  --no-install    do not install missing packages
  -h, --help      this text
Anything else goes to ctest, as in: tests/run.sh -R core
USAGE
}

presets=(gcc)
browser=false
pytorch=false
install=true
ctest_options=()
while (($#)); do
  case $1 in
    --preset)
      presets=("${2:-}")
      [[ ${2:-} =~ ^(gcc|clang|sanitize)$ ]] || { echo "$0: no preset '${2:-}'" >&2; usage >&2; exit 2; }
      shift ;;
    --all) presets=(gcc clang sanitize) ;;
    --golden)
      [[ -d ${2:-} ]] || { echo "$0: no directory '${2:-}'" >&2; usage >&2; exit 2; }
      TENURE_GOLDEN_DIR=$(cd "$2" && pwd)
      export TENURE_GOLDEN_DIR
      shift ;;
    --data)
      [[ -f ${2:-} ]] || { echo "$0: no file '${2:-}'" >&2; usage >&2; exit 2; }
      TENURE_ONLINE_RETAIL=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
      export TENURE_ONLINE_RETAIL
      shift ;;
    --browser) browser=true ;;
    --pytorch) pytorch=true ;;
    --no-install) install=false ;;
    -h | --help) usage; exit ;;
    --) shift; ctest_options+=("$@"); break ;;
    --*) echo "$0: no option '$1' (put -- before ctest's own long options)" >&2; usage >&2; exit 2 ;;
    *) ctest_options+=("$1") ;;
  esac
  shift
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if $install; then
  packages=(g++ cmake ninja-build ccache libeigen3-dev libxsimd-dev doctest-dev nlohmann-json3-dev libcli11-dev
            zlib1g-dev libsqlite3-dev libprotobuf-dev protobuf-compiler libcurl4-openssl-dev
            libyaml-cpp-dev libcpp-httplib-dev pkg-config gnuplot-nox doxygen)
  [[ ${presets[*]} == gcc ]] || packages+=(clang libclang-rt-dev)
  ! $browser || packages+=(chromium)
  ! $pytorch || packages+=(python3-torch python3-numpy)
  command -v npm >/dev/null || packages+=(nodejs npm)
  source cmake/install-packages.sh
  install_packages "${packages[@]}"
  # What reads TensorBoard's event files back; nothing of it is compiled.
  mkdir -p build/npm
  cp tests/tensorboard/package{,-lock}.json build/npm
  [[ -d build/npm/node_modules/tfrecord ]] || npm ci --ignore-scripts --no-audit --no-fund --prefix build/npm ||
    echo "$0: npm's registry can't be reached; the test tensorboard/events will be skipped" >&2
fi
command -v ninja >/dev/null && export CMAKE_GENERATOR=Ninja

for preset in "${presets[@]}"; do
  cmake --preset "$preset"
  cmake --build --preset "$preset" --parallel "$(nproc)"
  ctest --preset "$preset" --parallel "$(nproc)" "${ctest_options[@]}"
  # ctest shows what a test prints only where it fails.
  [[ -z ${TENURE_GOLDEN_DIR:-} || ! -x build/$preset/tests/test_golden ]] ||
    "build/$preset/tests/test_golden" --test-case='*TENURE_GOLDEN_DIR*'
done
