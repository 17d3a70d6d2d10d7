#!/usr/bin/env bash
# A training followed in MLflow and TensorBoard, and tenure-runs, from end to end: tracking.sh TENURE-RUNS [HYBRID_CLV
# TENURE-DATA]
set -euo pipefail

program=$1
trainer=${2:-}
simulator=${3:-}
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

# run DIRECTORY UNITS RMSE: what a program leaves
run() {
  mkdir -p "$1"
  echo '{"format": 1, "model": "ann", "options": {"seed": 42, "units": '"$2"'}}' > "$1/config.json"
  echo '{"model": {"rmse": '"$3"', "r2": 0.5}, "baselines": {"mean": {"rmse": 9}}, "epochs": 2}' > "$1/metrics.json"
  printf 'epoch,loss,val_loss\n1,4,3\n2,2,%s\n' "$3" > "$1/history.csv"
}
run runs/small 8 2.5
run runs/large 64 1.5

expect 0 "Examples:" --help
expect 0 "large     64   1.5  0.5       2" list runs
expect 0 "" list runs --sort rmse
[[ $(sed -n 2p said) == large* && $(sed -n 3p said) == small* ]] || fail "--sort"
expect 0 "page: both.html" compare runs/small runs/large --out both.html
grep -q '^rmse  *2\.5  *\*1\.5$' said || { cat said >&2; fail "the best is not marked"; }
grep -q "^r2  *0.5  *0.5$" said || fail "one of two equal ones is marked"
grep -q "val_loss by epoch" both.html || fail "the page lacks a curve"
expect 2 "A subcommand is required"
expect 2 "directories is required" list
expect 1 "expected one of rmse, r2, epochs, got mape" list runs --sort mape
expect 1 "nowhere: expected a directory of runs" list nowhere
mkdir empty
expect 1 "empty: expected runs, which are directories with a metrics.json" compare empty
echo '{' > runs/small/metrics.json
expect 0 "left out: runs/small/metrics.json: expected JSON" list runs
# What a stranger wrote: levels without end, and what would steer the terminal.
{ printf '{"a":%.0s' {1..60000}; } > runs/small/metrics.json
expect 0 "left out: runs/small/metrics.json: expected JSON of at most 64 levels" list runs
expect 1 "no-such.jsonl: expected to be able to open it" send no-such.jsonl
echo text > text.jsonl
expect 1 "text.jsonl, line 1: expected JSON" send text.jsonl
expect 1 "--mlflow: expected http://HOST:PORT of a server, got ./runs" send text.jsonl --mlflow ./runs

if [[ -n $trainer ]]; then
  "$simulator" simulate --out shop.csv --customers 40 --seed 7 > /dev/null
  program=$trainer
  train=(train --data shop.csv --quiet)
  expect 0 "" "${train[@]}" --epochs 3 --out plain
  expect 0 "" "${train[@]}" --epochs 3 --out followed --mlflow ./mlruns --experiment "a shop" --tensorboard events
  [[ ! -s said ]] || { cat said >&2; fail "--quiet speaks"; }
  cmp plain/model.safetensors followed/model.safetensors || fail "being followed changed the training"
  store=$(dirname "$(dirname "$(ls -d mlruns/*/*/metrics)")")
  grep -qx 'name: "a shop"' "$store/meta.yaml" || fail "the experiment's name"
  found=$(ls -d "$store"/*/)
  for file in metrics/{loss,val_loss,gradient_norm,learning_rate,rmse} params/{recipe,batch_size,learning_rate} \
    artifacts/{report.html,metrics.json,predictions.csv} artifacts/model/{MLmodel,model.safetensors,config.json}; do
    [[ -s $found$file || -s ${found}${file/rmse/model/rmse} ]] || fail "MLflow's run lacks $file"
  done
  (($(wc -l < "$found/metrics/loss") == 3)) || fail "a line for each epoch"
  grep -qx 'status: 3' "$found/meta.yaml" && grep -qx 'run_name: "followed"' "$found/meta.yaml" || fail "meta.yaml"
  [[ -f "mlruns/models/a shop/version-1/meta.yaml" ]] || fail "no registered model"
  cmp followed/model.safetensors "$found/artifacts/model/model.safetensors" || fail "the model in MLflow"
  [[ -z $(find mlruns -name '*tmp*') ]] || fail "something was left behind"
  all_options train mlruns
  [[ $(cat "$found/params/data") == shop.csv && $(cat "$found/params/epochs") == 3 ]] || fail "parameters"
  [[ $(cat "$found/params/skip_bad_rows") == false && $(cat "$found/params/quiet") == true ]] || fail "flags"
  at_step 2 "$found/metrics/model/rmse"
  grep -qa "_hparams_/session_start_info" events/followed/*tfevents* || fail "TensorBoard has no hyper-parameters"
  grep -qa gradient_norm events/followed/*tfevents* || fail "TensorBoard has no numbers"
  # Another training of this name has a directory of its own; one that goes on has that of what it goes on from.
  expect 0 "" "${train[@]}" --epochs 1 --out followed --tensorboard events
  expect 0 "" "${train[@]}" --epochs 2 --out followed --tensorboard events --resume
  [[ $(ls events/followed | wc -l) == 1 && $(ls events/followed-2 | wc -l) == 2 ]] || fail "directories of events"

  # A server that is not there: port 9 of this machine, "discard", which nobody listens on.
  expect 0 "the training goes on, and what is logged waits in away/mlflow-unsent.jsonl" "${train[@]}" --epochs 2 \
    --out away --mlflow http://127.0.0.1:9
  grep -qF '`tenure-runs send away/mlflow-unsent.jsonl` sends them' said || fail "how to send what was kept"
  [[ -s away/model.safetensors && -s away/mlflow-unsent.jsonl ]] || fail "a server that is away stopped the training"
  cp away/mlflow-unsent.jsonl kept
  expect 0 "waits in away/mlflow-unsent-2.jsonl" "${train[@]}" --epochs 2 --out away --mlflow http://127.0.0.1:9
  cmp kept away/mlflow-unsent.jsonl || fail "what was kept of an earlier run is lost"
  expect 1 "expected http://HOST:PORT, https://HOST:PORT or a directory, got sqlite:///x.db" "${train[@]}" \
    --mlflow sqlite:///x.db --out none
  expect 1 "shop.csv: expected a directory for MLflow's runs, got a file" "${train[@]}" --mlflow shop.csv --out none
  expect 1 "plain: expected a new or empty directory, or one of MLflow's" "${train[@]}" --mlflow plain --out none
  expect 1 "shop.csv/events: expected to be able to make the directory" "${train[@]}" --tensorboard shop.csv/events
  expect 1 "@host:port (" "${train[@]}" --mlflow http://me:secret@host:port --out none
  ! grep -q secret said || fail "a password is printed"
  expect 0 "" "${train[@]}" --epochs 1 --out up --mlflow deep/store --experiment ..
  [[ $(ls deep) == store && -f deep/store/models/_../version-1/meta.yaml ]] || fail "an experiment leads out of the store"
  expect 1 "a loss of" "${train[@]}" --epochs 2 --learning-rate 1e30 --out nan --mlflow failed
  grep -qx 'status: 4' failed/*/*/meta.yaml || fail "a training that failed is not said to have"
  "$trainer" "${train[@]}" --epochs 20000 --out stopped --mlflow stopped_runs > said 2>&1 &
  until [[ -f stopped/checkpoint.safetensors ]]; do sleep 0.05; done
  kill -TERM $! && ! wait $! || fail "a stopped training's exit code"
  grep -qx 'status: 5' stopped_runs/*/*/meta.yaml || fail "a training that was stopped is not said to have been"
  program=$1
  expect 1 "Failed to connect" send away/mlflow-unsent.jsonl
  cmp kept away/mlflow-unsent.jsonl || fail "what could not be sent is lost"
  expect 0 "followed" compare plain followed --out page.html
fi
echo "trainings are followed, and compared"
