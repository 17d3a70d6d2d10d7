#!/usr/bin/env bash
# Links between pages, and files and headers that pages and comments name: check_links.sh DIRECTORY prints what is not
# there, and fails if anything is not. Links to other sites are not followed.
set -euo pipefail
cd "$1"
broken=0

# The anchors that a forge gives to a page's headings, outside of code.
anchors() {
  awk '/^```/ { code = !code } !code && sub(/^#+ /, "") { print tolower($0) }' "$1" | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

complain() {
  echo "$1" >&2
  broken=1
}

mapfile -t pages < <(find . -name '*.md' -not -path './build*' -not -path './.git/*' -not -path '*/node_modules/*')
for page in "${pages[@]}"; do
  while IFS= read -r link; do
    path=${link%%#*} anchor=""
    [[ $link != *"#"* ]] || anchor=${link#*#}
    target=$page
    [[ -z $path ]] || target=$(dirname "$page")/$path
    if [[ ! -e $target ]]; then
      complain "$page: $link is not there"
    elif [[ -n $anchor ]] && ! anchors "$target" | grep -qxF -- "$anchor"; then
      complain "$page: $link has no such heading"
    fi
  done < <(awk '/^```/ { code = !code } !code' "$page" | sed 's/`[^`]*`//g' | grep -oE '\]\([^)<> ]+\)' |
    sed 's/^](//; s/)$//' | grep -vE '^[a-z]+:' || true)
done

while IFS=: read -r file path; do
  [[ -e $path ]] || complain "$file: $path is not there"
done < <(grep -rnoE --include='*.hpp' --include='*.cpp' --include='*.cmake' --include='CMakeLists.txt' \
  '\bdocs/[a-z_/]+\.md' include tests examples benchmarks cmake | sed -E 's/:[0-9]+:/:/' | sort -u)

# Files and folders, as `tests/nn/lstm_test.cpp`; a program may stand for its source.
while IFS=: read -r file path; do
  [[ -e $path || -e $path.cpp ]] || complain "$file: $path is not there"
done < <(grep -noE '`(tests|examples|benchmarks|cmake|docs)/[A-Za-z0-9_./-]+`' "${pages[@]}" |
  sed -E 's/:[0-9]+:/:/; s/`//g' | sort -u)

# Headers, as `data/splits.hpp` or <tenure/data/splits.hpp>, but for those that the changelog has old names of.
while IFS=: read -r file path; do
  [[ -e include/tenure/$path ]] || complain "$file: there is no header $path"
done < <(grep -noE '[`<](tenure/)?[a-z]+/[a-z_/]*[a-z_]+\.hpp[`>]|<tenure/[a-z_]+\.hpp>' "${pages[@]}" |
  sed -E 's/:[0-9]+:/:/; s/[`<>]//g; s/:tenure\//:/' | grep -vE ':(include|tests|examples|benchmarks)/|CHANGELOG' | sort -u)
exit $broken
