#!/usr/bin/env bash
# ann_clv from end to end: ann_clv.sh PROGRAM SIMULATOR, the latter being tenure-data
set -euo pipefail

program=$1
simulator=$2
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }

"$simulator" simulate --out shop.csv --customers 150 --seed 7 > /dev/null
data=(--data shop.csv)
tiny=(--hidden 8,4 --members 2 --folds 3)
small=(--epochs 4 "${tiny[@]}")

expect 0 "Examples:" --help

# All that a run leaves, in the form that other programs read.
expect 0 "report: whole/report.html" train "${data[@]}" "${small[@]}" --out whole
grep -q "^epoch 4/4  " said || fail "no line for each epoch in a pipe"
grep -q "^bg_nbd: r = " said || fail "no likelihoods"
grep -q "Better than the model\|No baseline is better" said || fail "whether a rule wins is not said"
for file in model.safetensors config.json history.csv metrics.json segments.csv report.html checkpoint.safetensors; do
  [[ -s whole/$file ]] || fail "no $file"
done
(($(wc -l < whole/history.csv) == 5)) || fail "history.csv"
[[ $(head -1 whole/segments.csv) == customer,forecast,quantile_0.10,quantile_0.50,quantile_0.90,probability_alive,expected_purchases,recency_score,frequency_score,monetary_score,segment,tier,actual ]] ||
  fail "segments.csv"
for key in '"model"' '"rate_times_horizon"' '"last_90_days"' '"bg_nbd_gamma_gamma"' '"pareto_nbd_gamma_gamma"' \
  '"share_at_or_below"' '"coverage"' '"network_share"' '"standard_error"'; do
  grep -qF "$key" whole/metrics.json || fail "metrics.json lacks $key"
done
for id in gain deciles predicted-actual residuals importance segments tiers; do
  grep -qF "id=\"$id\"" whole/report.html || fail "report.html lacks $id"
done

# The same again with more threads; another loss, evaluation and batches something else.
expect 0 "" train "${data[@]}" "${small[@]}" --out again --threads 2 --quiet
[[ ! -s said ]] || fail "--quiet speaks"
same whole/model.safetensors again/model.safetensors
same whole/segments.csv again/segments.csv
fixed=("${data[@]}" "${small[@]}" --network-share 1 --no-report)
expect 0 "ann_mse " train "${fixed[@]}" --loss mse --evaluation time --out mse
expect 0 "ann_huber " train "${fixed[@]}" --loss huber --evaluation random --balanced --out huber --mlflow followed
all_options train followed
grep -qx 4 followed/*/*/params/epochs && grep -qx shop.csv followed/*/*/params/data || fail "parameters"
at_step 3 followed/*/*/metrics/model/rmse
[[ ! -e mse/report.html ]] || fail "--no-report"

# Going on gives the same weights, bit for bit.
expect 0 "" train "${fixed[@]}" --out unbroken --quiet
expect 0 "" train "${data[@]}" "${tiny[@]}" --network-share 1 --no-report --out parts --quiet --epochs 2
expect 0 "epoch 3/4" train "${fixed[@]}" --out parts --resume
same unbroken/model.safetensors parts/model.safetensors
expect 1 "expected a checkpoint of a training with the options" train "${fixed[@]}" --out parts --resume --seed 7

# A trained model forecasts.
expect 0 "customers," predict --model whole "${data[@]}" --out forecast.csv
[[ $(head -1 forecast.csv) == customer,forecast,quantile_0.10,*,segment,tier ]] || fail "the forecast's header"
expect 0 "days from 2023-06-01 on" predict --model whole "${data[@]}" --out forecast.csv --as-of 2023-06-01

# The probabilistic models alone.
expect 0 "gamma_gamma: p = " likelihoods "${data[@]}" --cutoff 2023-06-01
printf 'frequency,recency,T,monetary_value\n' > summaries.csv
for ((i = 0; i < 60; ++i)); do echo "$((i % 4)),$((i % 4 ? 5 + i % 17 : 0)),$((25 + i % 13)),$((i % 4 ? 10 + i : 0))" >> summaries.csv; done
expect 0 "bg_nbd: r = " likelihoods --summaries summaries.csv
expect 1 "not as published:" likelihoods --summaries summaries.csv --check-cdnow
echo "3,40,30,5" >> summaries.csv
expect 1 "0 ≤ recency ≤ T" likelihoods --summaries summaries.csv

# Wrong arguments: 2. What can't be done: 1, says why, and overwrites nothing.
before=$(cat whole/* | cksum)
into=(--out whole "${small[@]}")
expect 2 "A subcommand is required"
expect 2 "--loss" train --loss best
expect 2 "--quantiles" train "${data[@]}" --quantiles 0.9,0.1
expect 2 "--cutoff" train "${data[@]}" --cutoff 2023-02-30
expect 2 "--model is required" predict "${data[@]}"
expect 1 "no-such.csv: expected to be able to open it" train --data no-such.csv "${into[@]}"
expect 1 "cut-off: expected a date from" train "${data[@]}" --cutoff 1999-01-01 "${into[@]}"
expect 1 "cut-off: expected a date from" train "${data[@]}" --cutoff 2030-01-01 "${into[@]}"
expect 1 "horizon: expected from 1 to" train "${data[@]}" --cutoff 2023-12-01 "${into[@]}"
expect 1 "did not converge in 1 steps" train "${data[@]}" --likelihood-steps 1 "${into[@]}"
grep -q -- "with --allow the best that was found is taken" said || fail "how to go on"
expect 0 "going on with the best that was found" train "${fixed[@]}" --likelihood-steps 1 --allow --out allowed
expect 1 "a loss of" train "${fixed[@]}" --learning-rate 1e30 --out nan
[[ ! -e nan/model.safetensors ]] || fail "NaN wrote a model"
expect 1 "expected to be able to open it" predict --model no-such "${data[@]}"
cp -r whole other && cp mse/model.safetensors other/
expect 1 "other/model.safetensors: expected the weights of the training that" predict --model other "${data[@]}"
[[ $(cat whole/* | cksum) == "$before" ]] || fail "something was overwritten"
[[ -z $(find . -name '*.tmp-*') ]] || fail "something was left behind"
echo "ann_clv does what it says"
