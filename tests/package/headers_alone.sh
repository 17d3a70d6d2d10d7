#!/usr/bin/env bash
# Whether every header compiles alone: headers_alone.sh INCLUDE COMPILER "DIRECTORY;…", the directories of what they need.
set -euo pipefail

include=$1 compiler=$2
options=(-std=c++20 -fsyntax-only -Werror -Wall -Wextra -Wno-pragma-once-outside-header -I"$include")
IFS=';' read -ra directories <<< "$3"
for directory in "${directories[@]}"; do
  # The compiler's own must stay where it is among them.
  [[ -z $directory || $directory == /usr/include ]] || options+=(-isystem "$directory")
done
cd "$include"
# The second halves of headers, *_inl.hpp, are for the first.
find tenure -name '*.hpp' -not -name '*_inl.hpp' -print0 |
  xargs -0 -n 8 -P "$(nproc)" bash -c '
    compiler=$1 count=$2
    options=("${@:3:count}")
    for header in "${@:3+count}"; do
      "$compiler" "${options[@]}" -x c++ - <<< "#include <$header>" || { echo "$header does not compile alone"; failed=1; }
    done
    exit "${failed:-0}"' headers_alone "$compiler" "${#options[@]}" "${options[@]}"
echo "every header compiles alone"
