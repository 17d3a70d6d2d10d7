# Sourced by the tests of programs, with `program` set: a directory of its own that is removed at the end, and
#
#   fail TEXT...                     ends the test
#   expect CODE TEXT ARGUMENTS...    the program exits with the code, with the text in what it says
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
expect() {
  local code=$1 text=$2 got=0
  shift 2
  "$program" "$@" > said 2>&1 || got=$?
  [[ $got == "$code" ]] || { cat said >&2; fail "exit code $got rather than $code: $*"; }
  [[ -z $text ]] || grep -qF -- "$text" said || { cat said >&2; fail "nothing of '$text': $*"; }
}
