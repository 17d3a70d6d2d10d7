#!/usr/bin/env bash
# daily_ltv from end to end: daily_ltv.sh PROGRAM
set -euo pipefail

program=$1
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }
brief=(--no-rolling-validation --quiet)

expect 0 "Examples:" --help

# A shop's files as published, and all that a run leaves.
expect 0 "40 rows in base/Files" simulate --base-path base --weeks 10
expect 0 "report: whole/report.html" run --base-path base --epochs 4 --out whole --target-ltv 2 --group-by OS,Apps \
  --users-column Users --budget 160000
grep -q "^epoch 4/4  " said || fail "no line for each epoch in a pipe"
grep -q "Better than the model\|No rule is better" said || fail "whether a rule wins is not said"
grep -q "^All: " said && grep -q "target of 2$" said || fail "no decision"
for file in model.safetensors config.json history.csv metrics.json log.csv decisions.csv report.html checkpoint.safetensors; do
  [[ -s whole/$file ]] || fail "no $file"
done
if command -v gnuplot > /dev/null; then
  for picture in prediction_accuracy mae_trend; do grep -q "^</svg>" whole/$picture.svg || fail "no $picture.svg"; done
fi
predictions=base/Files_Predictions/LTV_predictions_epochs4_2024_03_10.csv
final=base/Files_Predictions_Final/LTV_predictions_final_2024_03_10.csv
for file in $predictions $final; do
  [[ $(head -1 $file) == Date,Apps,OS,Country,Users,P_D7,P_D8,*,P_D36 ]] && (($(wc -l < $file) == 41)) || fail "$file"
  sed -n 2p $file | grep -qE ',[0-9]+\.[0-9]{2}$' || fail "two decimals"
done
[[ $(head -1 whole/history.csv) == epoch,loss,mse,val_loss,val_mse,mae,val_mae,seconds ]] || fail "history.csv"
for key in '"D7-D10"' '"D20-D30"' '"D30-D36"' '"accuracy"' '"corrected"' '"holdout_model"' '"holdout_corrected"' \
  '"holdout_flat"' '"holdout_constant"' '"holdout_by_day"' '"val_mae"' '"baselines"'; do
  grep -qF "$key" whole/metrics.json || fail "metrics.json lacks $key"
done

# The same again; a saved model predicts the same.
cp $predictions predictions.csv
cp $final final.csv
expect 0 "" run --base-path base --epochs 4 --out again "${brief[@]}" --mlflow followed --tensorboard events
[[ ! -s said ]] || fail "--quiet speaks"
same whole/model.safetensors again/model.safetensors
all_options run followed
grep -qx base followed/*/*/params/data && grep -qx 4 followed/*/*/params/epochs || fail "parameters"
(($(wc -l < followed/*/*/metrics/val_mae) == 4)) || fail "a line for each epoch"
at_step 3 "followed/"*/*/"metrics/model/accuracy D7-D10"
same again/model.safetensors followed/*/*/artifacts/model/model.safetensors
grep -qa "_hparams_/session_end_info" events/again/*tfevents* || fail "TensorBoard"
rm -r base/Files_*
expect 0 "LTV_predictions_final_2024_03_10.csv" predict --base-path base --model whole
same $predictions predictions.csv
same $final final.csv
expect 0 "" predict --base-path base --model whole --decimals 5
sed -n 2p $final | grep -qE ',[0-9]+\.[0-9]{5}$' || fail "--decimals"
expect 0 "" run --base-path base --epochs 1 --prediction-days 3 --correction holdout --out short "${brief[@]}"
[[ $(head -1 $final) == *,P_D7,P_D8,P_D9 ]] || fail "--prediction-days"

# Going on: after an end, after kill -9, and with a new file.
expect 0 "" run --base-path base --epochs 2 --out parts "${brief[@]}"
expect 0 "" run --base-path base --epochs 4 --out parts --resume "${brief[@]}"
same whole/model.safetensors parts/model.safetensors
"$program" run --base-path base --epochs 5000 --out killed "${brief[@]}" > said 2>&1 &
process=$!
until [[ -f killed/checkpoint.safetensors ]]; do
  kill -0 $process || fail "no checkpoint"
  sleep 0.05
done
kill -KILL $process
wait $process || true
[[ ! -e killed/model.safetensors ]] || fail "a killed training wrote a model"
[[ ! -e base/Files_Predictions/LTV_predictions_epochs5000_2024_03_10.csv ]] || fail "a killed training wrote predictions"
expect 0 "44 rows" simulate --base-path base --weeks 11
expect 0 "starting from: saved model" run --base-path base --epochs 1 --out whole --continue --no-rolling-validation
[[ -s base/Files_Predictions_Final/LTV_predictions_final_2024_03_17.csv ]] || fail "the newest file is not predicted"
(($(wc -l < whole/log.csv) == 3)) && grep -q "^2024-03-17,saved model,[0-9]*,1,[0-9.]*,[0-9]" whole/log.csv || fail "log.csv"
expect 0 "starting from: new model" run --base-path base --epochs 1 --out fresh --continue --no-rolling-validation
expect 0 "starting from: whole/model.safetensors" run --base-path base --epochs 1 --out fresh --init whole/model.safetensors \
  --no-rolling-validation

# Without files: simulated campaigns.
expect 0 "simulated campaigns, whose figures say nothing" run --epochs 1 --out simulated --no-rolling-validation
grep -q "the simulator's noise leaves 0.00" said && grep -q '"floor"' simulated/metrics.json || fail "the floor"

# Wrong arguments: 2. What can't be done: 1, says why, and overwrites nothing.
before=$(cat whole/* base/Files_*/* | cksum)
into=(--base-path base --out whole --epochs 1 "${brief[@]}")
expect 2 "A subcommand is required"
expect 2 "--epochs" run --epochs 0
expect 2 "--correction" run --correction best
expect 2 "--target-roas requires --spend-column" run --target-roas 1
expect 2 "--target-ltv excludes --target-roas" run --target-roas 1 --spend-column a --target-ltv 1
expect 2 "--model is required" predict --base-path base
expect 1 "no/Files: expected a directory of CSV files, got No such file" run --base-path no --out whole
expect 1 "one of the metadata columns Apps, OS, Country, Users, got 'Spend'" run "${into[@]}" --target-roas 1 --spend-column Spend
expect 1 "a target on a day from 7 to 36, got day 40" run "${into[@]}" --target-ltv 1 --target-day 40
mkdir none && echo "{}" > none/config.json
expect 1 "none/config.json: expected the config.json of a daily_ltv model" predict --base-path base --model none
mkdir -p other/Files && echo "text" > other/Files/notes.txt
other=(--base-path other --out whole "${brief[@]}")
expect 1 "other/Files: expected a CSV file whose name has a date as 2024_05_19 in it, got none among 1 files" run "${other[@]}"
# bad LINE... TEXT: a file of these lines is refused with the text.
header=Date,day_0,day_1,day_2,day_3,day_4,day_5,day_6,day_7,day_8
bad() {
  printf '%s\n' "${@:1:$#-1}" > other/Files/LTV_2024_05_19.csv
  expect 1 "${!#}" run "${other[@]}"
}
bad Date,a 2024-05-13~2024-05-19,1 "LTV_2024_05_19.csv: expected columns day_0 to day_7 at least, got no column day_0"
bad ${header/day_3,/} "expected a column 'day_3', got columns to day_8 without it"
bad $header 2024-05-13~2024-05-19,1,2,3,x,5,6,7,8,9 "line 2, column 'day_3': expected a number, got 'x'"
bad $header 2024-05-13,1,2,3,4,5,6,7,8,9 "row 1, column 'Date': expected a week as 2024-01-01~2024-01-07, got '2024-05-13'"
bad $header "LTV_2024_05_19.csv: expected rows, got a header alone"
bad $header 2024-05-13~2024-05-19,1,2,3,,5,6,7,8,9 2024-05-06~2024-05-12,0,2,3,4,5,6,7,8,9 \
  "LTV_2024_05_19.csv: expected a row with eight known, positive days on end, got none among 2"
[[ $(cat whole/* base/Files_*/* | cksum) == "$before" ]] || fail "something was overwritten"
# LTV that falls is allowed, and counted.
{
  echo $header
  echo 2024-05-06~2024-05-12,1,2,3,2.5,5,6,7,8,9
  echo 2024-05-13~2024-05-19,1,2,3,4,5,6,5,8,9
} > other/Files/LTV_2024_05_19.csv
expect 0 "2 unusual values, 2 of them falls" run --base-path other --out falling --epochs 1
[[ -z $(find . -name '*.tmp-*' -not -path './killed/*') ]] || fail "something was left behind"
echo "daily_ltv does what it says"
