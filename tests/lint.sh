#!/usr/bin/env bash
# clang-format on all C++ files, and clang-tidy on the lines that changed.
set -euo pipefail

usage() {
  cat <<USAGE
Usage: tests/lint.sh [options]
  --base REVISION  what changed since this one: by default since main left off at origin/main, or the last commit
  --most N         run clang-tidy on so many source files at most (default: 8; one takes half a minute)
  --fix            lay out files by .clang-format rather than complain
  --no-install     do not install missing packages
  -h, --help       this text
USAGE
}

base="" most=8 fix=false install=true
while (($#)); do
  case $1 in
    --base) base=${2:?"--base needs a revision"}; shift ;;
    --most) most=${2:?"--most needs a number"}; shift ;;
    --fix) fix=true ;;
    --no-install) install=false ;;
    -h | --help) usage; exit ;;
    *) echo "$0: no option '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if $install; then
  source cmake/install-packages.sh
  install_packages clang-format clang-tidy
fi
failed=0

if $fix; then
  git ls-files -z '*.hpp' '*.cpp' | xargs -0 clang-format -i
else
  git ls-files -z '*.hpp' '*.cpp' | xargs -0 clang-format --dry-run -Werror || failed=1
fi

# The work since the branch left main; on main itself, or where nobody knows a main, the last commit.
head=$(git rev-parse HEAD)
[[ -n $base ]] || base=$(git merge-base HEAD origin/main 2>/dev/null || true)
[[ -n $base && $base != "$head" ]] || base=$(git rev-parse --quiet --verify HEAD~1 || true)
if [[ -z $base ]]; then
  echo "$0: this clone has no commit to compare with; clang-tidy has nothing to look at"
  exit $failed
fi

mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- '*.hpp' '*.cpp')
((${#changed[@]})) || exit $failed

# As clang-tidy's --line-filter wants them: [{"name": FILE, "lines": [[FIRST, LAST], …]}, …].
filter=$(git diff -U0 --diff-filter=d "$base" -- '*.hpp' '*.cpp' | awk '
  sub(/^\+\+\+ b\//, "") { file = $0 }
  /^@@/ {
    split(substr($3, 2), range, ",")
    count = range[2] == "" ? 1 : range[2]
    if (count > 0) lines[file] = lines[file] (file in lines ? "," : "") "[" range[1] "," range[1] + count - 1 "]"
  }
  END {
    for (file in lines) list = list (list == "" ? "" : ",") "{\"name\":\"" file "\",\"lines\":[" lines[file] "]}"
    print "[" list "]"
  }')

if ((${#filter} > 100000)); then
  echo "$0: too many lines changed for clang-tidy to be told of"
  exit $failed
fi

# Source files themselves; for a header the test of the same name.
mapfile -t sources < <(for file in "${changed[@]}"; do
  case $file in
    *.cpp) echo "$file" ;;
    include/tenure/*) test=tests/${file#include/tenure/} && echo "${test%.hpp}_test.cpp" ;;
  esac
done | sort -u)

# Nothing is built there but a generated header: tests are listed file by file, rather than in the batches of a build.
command -v ninja >/dev/null && export CMAKE_GENERATOR=Ninja
cmake --preset gcc -B build/lint -DTENURE_TEST_BATCH=1 >/dev/null
cmake --build build/lint --target tenure_tensorboard_event >/dev/null
units=()
for source in "${sources[@]}"; do
  ! grep -qF "/$source\"" build/lint/compile_commands.json || units+=("$source")
done
if ((${#units[@]} > most)); then
  echo "$0: clang-tidy looks at $most of ${#units[@]} source files"
  units=("${units[@]:0:most}")
fi
((${#units[@]})) || exit $failed
printf '%s\0' "${units[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p build/lint --extra-arg=-Wno-unknown-warning-option \
    --line-filter="$filter" 2> >(grep -v 'warnings\? generated\.$' >&2) || failed=1
exit $failed
