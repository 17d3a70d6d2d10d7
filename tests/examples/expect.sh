# Sourced by the tests of programs, with `program` set: a directory of its own that is removed at the end, and
#
#   fail TEXT...                     ends the test
#   expect CODE TEXT ARGUMENTS...    the program exits with the code, with the text in what it says
#   all_options COMMAND STORE        MLflow's only run in a directory has each option of the command as a parameter
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
all_options() {
  local option parameters
  parameters=$(ls -d "$2"/*/*/params)
  for option in $("$program" "$1" --help | sed -nE 's/^ +(-[a-z],)?--([a-z0-9-]+).*/\2/p'); do
    case $option in help | mlflow | experiment | tensorboard) continue ;; esac
    [[ -f $parameters/${option//-/_} ]] || fail "MLflow's run lacks --$option"
  done
}
# at_step STEP FILE: the only value of a metric
at_step() { [[ $(cut -d' ' -f3 "$2") == "$1" ]] || { cat "$2" >&2; fail "$2 is not at step $1"; }; }
