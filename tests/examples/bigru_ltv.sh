#!/usr/bin/env bash
# bigru_ltv from end to end: bigru_ltv.sh PROGRAM SIMULATOR, the latter being tenure-data. Where TENURE_ONLINE_RETAIL names
# the real file, its cohorts too.
set -euo pipefail

program=$1
simulator=$2
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }

"$simulator" simulate --out shop.csv --customers 80 --days 260 --seed 7 > /dev/null
"$simulator" cohorts --data shop.csv --out cohorts > /dev/null
head -18 cohorts/cohort_2022_08.csv > cohorts/cohort_2022_10.csv  # too short for a window
small=(--units 8 --layers 1)
data=(--data-path cohorts "${small[@]}")

expect 0 "Examples:" --help

# All that a run leaves, in the form that other programs read.
expect 0 "report: whole/report.html" train "${data[@]}" --epochs 4 --out whole
grep -q "^epoch 4/4  " said || fail "no line for each epoch in a pipe"
grep -q "Better than the model\|No baseline is better" said || fail "whether a rule wins is not said"
grep -q "^Intervals that are to hold 90 % of the days hold [0-9.]* %" said || fail "no coverage"
for file in model.safetensors config.json history.csv metrics.json predictions.csv report.html checkpoint.safetensors; do
  [[ -s whole/$file ]] || fail "no $file"
done
[[ $(head -1 whole/predictions.csv) == series,date,actual,predicted,lower,upper ]] || fail "predictions.csv"
for key in '"model"' '"mse"' '"r2"' '"last value"' '"same weekday last week"' '"mean of 7 days"' '"next_day"' \
  '"iterated"' '"best_epoch"'; do
  grep -qF "$key" whole/metrics.json || fail "metrics.json lacks $key"
done

# The same again, with any number of threads and as the published commands are spelt.
expect 0 "" train --data_path=cohorts "${small[@]}" --batch_size 32 --epochs 4 --out again --quiet --threads 2
[[ ! -s said ]] || fail "--quiet speaks"
same whole/model.safetensors again/model.safetensors
same whole/predictions.csv again/predictions.csv
same whole/metrics.json again/metrics.json

# Folds: in parallel what they are in sequence.
for threads in 1 2; do
  expect 0 "over 3 folds" train "${data[@]}" --epochs 1 --folds 3 --threads $threads --out folds$threads
done
grep -q '"cross_validation"' folds1/metrics.json || fail "no cross-validation"
same folds1/metrics.json folds2/metrics.json
expect 0 "over 2 folds" train "${data[@]}" --epochs 1 --folds 2 --blocked-folds --attention --loss huber --out options \
  --mlflow followed
all_options train followed
grep -qx 2 followed/*/*/params/folds && grep -qx cohorts followed/*/*/params/data || fail "parameters"

# Going on gives the same weights, bit for bit, whether the training ended with its epochs or by kill -9.
expect 0 "" train "${data[@]}" --epochs 2 --out parts --quiet
expect 0 "epoch 3/4" train "${data[@]}" --epochs 4 --out parts --resume
same whole/model.safetensors parts/model.safetensors
expect 1 "expected a checkpoint of a training with the options" train "${data[@]}" --out parts --resume --seed 7
"$program" train "${data[@]}" --epochs 5000 --out killed > said 2>&1 &
process=$!
until [[ -f killed/checkpoint.safetensors ]]; do
  kill -0 "$process" || fail "ended before its first checkpoint"
  sleep 0.05
done
kill -KILL "$process"
wait "$process" 2> /dev/null || true
epochs=$(("$(grep -ao '"history":"[^]]*' killed/checkpoint.safetensors | tr -cd , | wc -c)" + 1 + 2))
expect 0 "" train "${data[@]}" --epochs "$epochs" --out killed --resume --quiet
expect 0 "" train "${data[@]}" --epochs "$epochs" --out unbroken --quiet
same killed/model.safetensors unbroken/model.safetensors

# Days to come, the same with any number of threads; what was assumed of the regressor is said.
expect 0 "assumed: customers of the days to come as on the same weekday" predict --model_path whole \
  --data-path cohorts --horizon 9 --interval 0.8 --out forecast.csv
grep -q "^skipped: cohorts/cohort_2022_10.csv (17 days)" said || fail "a short series is not named"
[[ $(head -1 forecast.csv) == series,date,predicted,lower,upper ]] || fail "forecast.csv"
(($(grep -c ^cohort_2022_01, forecast.csv) == 9)) || fail "a row for each day"
grep -q ^cohort_2022_01,2022-09-17, forecast.csv || fail "the first day is the one after the data"
expect 0 "" predict --model-path whole --data-path cohorts --horizon 9 --interval 0.8 --threads 2 --out two.csv
same forecast.csv two.csv

# Wrong arguments: 2. What can't be done: 1, says why with the file, and overwrites nothing.
before=$(cat whole/* | cksum)
into=(--out whole)
expect 2 "A subcommand is required"
expect 2 "--epochs" train --epochs 0
expect 2 "expected a share between 0 and 1" train --interval 1
expect 2 "--model-path is required" predict --data-path cohorts
expect 2 "--until: expected a date" train --until 2022-02-30
# days COUNT: a file of that many days, from 2022-01-01 on
days() {
  echo date,value
  for ((i = 0; i < $1; ++i)); do echo "$(date -d "2022-01-01 +$i days" +%F),$((i * 7 % 11 + 1))"; done
}
mkdir empty other differ unsorted twice short constant missing plain
touch other/notes.txt
days 100 | tee differ/a.csv unsorted/a.csv twice/a.csv constant/a.csv missing/a.csv plain/a.csv | sed 's/$/,3/' > differ/b.csv
sed -i '1s/.*/date,value,spend/' differ/b.csv
sed -i '5{h;d};6{G}' unsorted/a.csv
sed -i 7p twice/a.csv
days 20 > short/a.csv
sed -i '2,$s/,.*/,5/' constant/a.csv
sed -i '50s/,.*/,NaN/' missing/a.csv
train() { expect 1 "$2" train --data-path "$1" "${into[@]}"; }
train none "none: expected a directory of CSV files"
train empty "empty: expected CSV files, got an empty directory"
train other "other: expected CSV files, whose names end in .csv"
train differ "differ/b.csv: expected the columns of differ/a.csv, date, value, got date, spend, value"
train unsorted "unsorted/a.csv: expected dates that rise from row to row, each once, got 2022-01-04 after 2022-01-05"
train twice "twice/a.csv: expected dates that rise from row to row, each once, got 2022-01-06 after 2022-01-06 in row 7"
train short "short/a.csv (20 days): expected a series of at least 31 days"
train constant "constant/a.csv: expected values that differ, got 5 on all 100 days"
train missing "missing/a.csv: line 50, column 'value': expected a number, got 'NaN'"
expect 1 "training part: expected a series of 30 days before a day from" train "${data[@]}" --folds 200 "${into[@]}"
expect 1 "a loss of" train "${data[@]}" --learning-rate 1e30 --out nan
[[ ! -e nan/model.safetensors ]] || fail "NaN wrote a model"
expect 1 "no-such/config.json: expected to be able to open it" predict --model-path no-such --data-path cohorts
expect 1 "expected the regressors of the training, customers, got none" predict --model-path whole --data-path plain
[[ $(cat whole/* | cksum) == "$before" ]] || fail "something was overwritten"
[[ -z $(find . -name '*.tmp-*' -not -path './killed/*') ]] || fail "something was left behind"

if [[ -n ${TENURE_ONLINE_RETAIL:-} ]]; then
  "$simulator" cohorts --data "$TENURE_ONLINE_RETAIL" --out real > /dev/null
  expect 0 "No baseline is better than the model" train --data-path real --until 2011-12-09 --epochs 10 --threads 2 --out run
else
  echo "cohorts of the real file skipped: TENURE_ONLINE_RETAIL is not set"
fi
echo "bigru_ltv does what it says"
