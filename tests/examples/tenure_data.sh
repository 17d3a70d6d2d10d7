#!/usr/bin/env bash
# tenure-data from end to end: tenure_data.sh PROGRAM [sqlite] [zlib]
set -euo pipefail

program=$1
shift
source "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
lines() { wc -l < "$1"; }

expect 0 "Examples:" --help
expect 0 "--cutoff" features --help

expect 0 "of 300 customers" simulate --out shop.csv --customers 300 --seed 7
expect 0 "of 300 customers" simulate --out again.csv --customers 300 --seed 7
cmp shop.csv again.csv || fail "the same seed gave another file"
expect 0 "of 300 customers" simulate --out again.csv --customers 300 --seed 8
! cmp -s shop.csv again.csv || fail "another seed gave the same file"
[[ $(head -1 shop.csv) == InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country ]] ||
  fail "the header of a simulated file"

expect 0 "rows          $(($(lines shop.csv) - 1))" describe --data shop.csv
grep -q "^customers     300, missing in [1-9]" said && grep -q "^outliers      [1-9]" said || fail "describe"

expect 0 "windows of 6 months, 6 to predict" prepare --data shop.csv --out prepared.safetensors
windows=$(grep -o "[0-9]* windows" said | cut -d' ' -f1)
for array in '"trend":{"dtype":"F32","shape":['"$windows"',6,12]' '"temporal":{"dtype":"F32","shape":['"$windows"',6,5]' \
  '"target":{"dtype":"F32","shape":['"$windows"',6]' '"customers":"[' '"countries":"['; do
  grep -qaF -- "$array" prepared.safetensors || fail "prepared.safetensors lacks $array"
done
expect 0 "windows of 3 months, 2 to predict" prepare --data shop.csv --out prepared.safetensors --input-months 3 \
  --horizon 2 --iqr-factor inf --drop-missing

expect 0 "36 features of" features --data shop.csv --cutoff 2023-06-01 --out features.csv
customers=$(grep -o "of [0-9]* customers" said | cut -d' ' -f2)
(($(lines features.csv) == customers + 1)) || fail "features.csv has not a row for each customer"
expect 0 "36 features of" features --data shop.csv --cutoff 6/1/2023 --until 2023-09-01 --out holdout.csv
cut -d, -f1-38 holdout.csv | cmp - features.csv || fail "a hold-out changed the features"
head -1 holdout.csv | grep -q "holdout_spend,holdout_frequency$" || fail "no hold-out"

expect 0 "cohorts" cohorts --data shop.csv --out cohorts/monthly
[[ $(head -1 cohorts/monthly/cohort_2022_03.csv) == date,value,customers ]] || fail "a cohort's header"
(($(lines cohorts/monthly/cohort_2022_03.csv) == 1 + 365 + 365 - 59)) || fail "a cohort has not a row for each day"
grep -q "^2022-03-05,0," cohorts/monthly/cohort_2022_03.csv || fail "a Saturday is not a zero"

expect 0 "BASE/Files/LTV_2023_12_31.csv" ltv-curves --data shop.csv --out BASE/Files
head -1 BASE/Files/LTV_2023_12_31.csv | grep -q "^Date,Customers,day_0,day_1,.*,day_360$" || fail "the curves' header"
grep -q "^2022-01-03~2022-01-09,[0-9]*,[1-9]" BASE/Files/LTV_2023_12_31.csv || fail "the curves' weeks"

# A shop's own columns.
expect 0 "of 20 customers" simulate --out other.csv --customers 20 --seed 7 \
  --columns customer=client,date=day,amount=total,quantity=pieces,price=each
own=(--columns customer=client,date=day,amount=total)
expect 0 "customers     20" describe --data other.csv "${own[@]}"
expect 1 "other.csv: expected a column 'CustomerID', got the columns" describe --data other.csv
for component in "$@"; do
  case $component in
    sqlite)
      # Made without SQLite's own program, which may not be there: not a database is what a program can be told.
      expect 1 "other.csv" describe --data other.csv --query "select * from sales" "${own[@]}" ;;
    zlib)
      gzip -k other.csv
      expect 0 "customers     20" describe --data other.csv.gz "${own[@]}" ;;
  esac
done
[[ " $* " == *" sqlite "* ]] || expect 1 "a build with SQLite" describe --data other.csv --query "select 1"

# Wrong arguments: 2. What can't be done: 1, and nothing is left behind.
expect 2 "A subcommand is required"
expect 2 "--out is required" simulate
expect 2 "--cutoff: expected a date" features --data shop.csv --cutoff 2023-02-30 --out none.csv
expect 2 "--columns: expected keys among" describe --data shop.csv --columns who=client
expect 2 "not in range" simulate --out none.csv --customers 0
expect 2 "--bogus" describe --data shop.csv --bogus
expect 1 "no-such.csv: expected to be able to open it" describe --data no-such.csv
expect 1 "a purchase before 2021-01-01" features --data shop.csv --cutoff 2021-01-01 --out none.csv
expect 1 "a customer with 30 months (24 in, 6 out)" prepare --data shop.csv --out none.safetensors --input-months 24
expect 1 "no-directory/none.csv" features --data shop.csv --cutoff 2023-06-01 --out no-directory/none.csv
head -3 shop.csv > bad.csv && echo "1,2,3,many,1/1/2022 8:00,1,7,UK" >> bad.csv
expect 1 "bad.csv: line 4, column 'Quantity'" describe --data bad.csv
expect 0 "skipped 1 rows" describe --data bad.csv --skip-bad-rows
[[ -z $(find . -name 'none*' -o -name '*.tmp-*') ]] || fail "something was left behind"
echo "tenure-data does what it says"
