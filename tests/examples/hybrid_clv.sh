#!/usr/bin/env bash
# hybrid_clv from end to end: hybrid_clv.sh PROGRAM SIMULATOR, the latter being tenure-data
set -euo pipefail

program=$1
simulator=$2
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }

"$simulator" simulate --out shop.csv --customers 40 --seed 7 > /dev/null
data=(--data shop.csv)

expect 0 "Examples:" --help
expect 0 "Parameters: 292,098 (trainable: 292,098, frozen: 0)" summary

# All that a run leaves, in the form that other programs read.
expect 0 "report: whole/report.html" train "${data[@]}" --epochs 4 --out whole
grep -q "^epoch 4/4  " said || fail "no line for each epoch in a pipe"
grep -q "Better than the model\|No baseline is better" said || fail "whether a rule wins is not said"
for file in model.safetensors config.json history.csv metrics.json predictions.csv report.html checkpoint.safetensors; do
  [[ -s whole/$file ]] || fail "no $file"
done
[[ $(head -1 whole/history.csv) == epoch,loss,mse,val_loss,val_mse,seconds ]] && (($(wc -l < whole/history.csv) == 5)) ||
  fail "history.csv"
[[ $(head -1 whole/predictions.csv) == customer,month,actual,predicted ]] || fail "predictions.csv"
for key in '"model"' '"baselines"' '"mean of input months"' '"last month repeated"' '"LSTM"' '"r2_known_customers"'; do
  grep -qF "$key" whole/metrics.json || fail "metrics.json lacks $key"
done

# The same again; without shuffling something else; another seed something else.
expect 0 "" train "${data[@]}" --epochs 4 --out again --quiet
[[ ! -s said ]] || fail "--quiet speaks"
same whole/model.safetensors again/model.safetensors
expect 0 "" train "${data[@]}" --epochs 1 --out ordered --no-shuffle --quiet --init whole/model.safetensors
! cmp -s whole/model.safetensors ordered/model.safetensors || fail "--init trains nothing"

# Threads change how long it takes and nothing else.
for threads in 1 3; do
  expect 0 "" train "${data[@]}" --epochs 1 --batch-size 90 --out "threads-$threads" --quiet --threads $threads
done
same threads-1/model.safetensors threads-3/model.safetensors

# Going on gives the same weights, bit for bit, whether the training ended with its epochs, by Ctrl-C or by kill -9.
expect 0 "" train "${data[@]}" --epochs 2 --out parts --quiet
expect 0 "epoch 3/4" train "${data[@]}" --epochs 4 --out parts --resume
same whole/model.safetensors parts/model.safetensors
(($(wc -l < parts/history.csv) == 5)) || fail "the history of a training that went on is not whole"
expect 1 "expected a checkpoint of a training with the options" train "${data[@]}" --out parts --resume --seed 7
# until_checkpoint DIRECTORY SIGNAL: trains for long, and sends the signal once there is a checkpoint.
until_checkpoint() {
  "$program" train "${data[@]}" --epochs 2000 --out "$1" > said 2>&1 &
  local process=$!
  until [[ -f $1/checkpoint.safetensors ]]; do
    kill -0 "$process" || return 1
    sleep 0.05
  done
  kill "-$2" "$process"
  local got=0
  wait "$process" || got=$?
  echo "$got"
}
[[ $(until_checkpoint stopped TERM) == 1 ]] || { cat said >&2; fail "a stopped training's exit code"; }
grep -q "interrupted after epoch [0-9]* of 2000; the same command with --resume goes on" said || fail "how to go on"
[[ ! -e stopped/model.safetensors ]] || fail "a stopped training wrote a model"
[[ $(until_checkpoint killed KILL) == 137 ]] || fail "kill -9"
for directory in stopped killed; do
  epochs=$(("$(grep -ao '"history":"[^]]*' $directory/checkpoint.safetensors | tr -cd , | wc -c)" + 1 + 2))
  expect 0 "" train "${data[@]}" --epochs "$epochs" --out $directory --resume --quiet
  expect 0 "" train "${data[@]}" --epochs "$epochs" --out unbroken --quiet
  same $directory/model.safetensors unbroken/model.safetensors
done

# Recipes, and countries by index.
expect 0 "amounts in money" train "${data[@]}" --epochs 1 --recipe customer_holdout --country index --out holdout
expect 0 "" train "${data[@]}" --epochs 1 --recipe honest --country index --out older --quiet --no-report  # 0.1's name
same holdout/model.safetensors older/model.safetensors
expect 0 "amounts in money" train "${data[@]}" --epochs 1 --recipe forward --patience 1 --out forward
! grep -q "are left out" said || fail "the last month of a shop that sold to its end is left out"
grep -v " 12/3\| 12/2\|,12/3\|,12/2" shop.csv > open.csv
expect 0 "rows from 2023-12-01 on are left out" train --data open.csv --epochs 1 --recipe forward --out forward

# A trained model on the same shop and on others.
expect 0 "On the" evaluate --model whole "${data[@]}"
expect 0 "forecast.csv: 6 months of 39 customers, from 2024-01 on" predict --model whole "${data[@]}" --out forecast.csv
grep -q "^5 customers came less than 6 months before" said || fail "short histories"
grep -q "^1 customers have no row that the preparation keeps" said || fail "customers without a forecast"
[[ $(head -1 forecast.csv) == customer,country,months_of_history,2024-01,2024-02,2024-03,2024-04,2024-05,2024-06 ]] ||
  fail "the forecast's header"
(($(wc -l < forecast.csv) == 40)) || fail "a row for each customer"

# Outputs and inputs that are no plain files, and names that are no UTF-8.
"$program" summary > /dev/full 2> said && fail "a full disk is no error"
grep -q "standard output: expected to be able to write to it" said || fail "what a full disk is called"
"$program" predict --model whole --data <(cat shop.csv) --out /dev/stdout > piped.csv
[[ $(head -40 piped.csv) == "$(head -40 forecast.csv)" ]] || fail "a pipe in and standard output"
cp shop.csv $'caf\xe9.csv'
expect 0 "" train --data $'caf\xe9.csv' --epochs 1 --out $'run\xe9' --quiet
grep -qF 'caf\\xE9.csv' $'run\xe9/config.json' || fail "a name that is no UTF-8"
"$program" train "${data[@]}" --epochs 2000 --out locked --quiet > /dev/null 2>&1 &
first=$!
until [[ -e locked/checkpoint.safetensors ]]; do kill -0 $first || fail "no training"; sleep 0.05; done
expect 1 "locked: expected a directory that no other program is writing to" train "${data[@]}" --epochs 1 --out locked
kill -KILL $first
wait $first || true

# Wrong arguments: 2. What can't be done: 1, says why, and overwrites nothing.
before=$(cat whole/* | cksum)
into=(--out whole)
expect 2 "A subcommand is required"
expect 2 "--epochs" train --epochs 0
expect 2 "--recipe" train --recipe best
expect 2 "--model is required" predict "${data[@]}"
expect 1 "no-such.csv: expected to be able to open it" train --data no-such.csv "${into[@]}"
echo "a,b" > other.csv
expect 1 "other.csv: expected a column 'CustomerID', got the columns" train --data other.csv "${into[@]}"
shop() { echo InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country; }
# sales CUSTOMERS MONTHS PRICE: one a month, at that price, or rising where it is 0
sales() {
  shop
  for ((c = 1; c <= $1; ++c)); do
    for ((m = 0; m < $2; ++m)); do
      echo "1,A,,1,$((m % 12 + 1))/15/$((2020 + m / 12)) 10:00,$(($3 ? $3 : 1 + (7 * m + c) % 5)),$c,UK"
    done
  done
}
sales 3 8 0 > short.csv
expect 1 "expected a customer with 12 months (6 in, 6 out)" train --data short.csv "${into[@]}"
sales 1 30 0 > one.csv
expect 1 "expected windows of at least 2 customers, got 19 windows of 1 customer" train --data one.csv "${into[@]}"
sales 20 16 5 > equal.csv
expect 1 "expected monthly amounts that differ, for a model to learn, got all 5" train --data equal.csv "${into[@]}"
expect 1 "a loss of" train "${data[@]}" --learning-rate 1e30 --out nan
grep -q "in epoch [0-9]*, batch [0-9]*; nan/checkpoint.safetensors has the last good weights" said || fail "NaN"
[[ ! -e nan/model.safetensors ]] || fail "NaN wrote a model"
expect 1 "expected to be able to open it" predict --model no-such "${data[@]}"
cp -r whole version && sed -i 's/"format": 1/"format": 9/' version/config.json
expect 1 "version/config.json: expected a directory of format 1" predict --model version "${data[@]}"
cp -r whole shape && cp holdout/model.safetensors shape/
expect 1 "shape/model.safetensors: expected the weights of the training that" predict --model shape "${data[@]}"
expect 1 "differences:" train "${data[@]}" --init holdout/model.safetensors "${into[@]}"
[[ $(cat whole/* | cksum) == "$before" ]] || fail "something was overwritten"
[[ -z $(find . -name '*.tmp-*' -not -path './killed/*' -not -path './locked/*') ]] || fail "something was left behind"
echo "hybrid_clv does what it says"
