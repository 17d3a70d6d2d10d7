#!/usr/bin/env bash
# Downloads UCI's Online Retail data set as CSV, and checks that it is the one that examples and tests know.
set -euo pipefail

url=https://archive.ics.uci.edu/static/public/352/data.csv

usage() {
  cat <<USAGE
Usage: examples/download-online-retail.sh [--check] [FILE]
  FILE        where to put it (default: online_retail.csv)
  --check     download nothing, only check FILE
  -h, --help  this text
Online Retail (Daqing Chen, 2015, DOI 10.24432/C5BW33, CC BY 4.0) holds the 541,909 sales of a British shop in one year.
USAGE
}

check=false
file=online_retail.csv
while (($#)); do
  case $1 in
    --check) check=true ;;
    -h | --help) usage; exit ;;
    -*) echo "$0: no option '$1'" >&2; usage >&2; exit 2 ;;
    *) file=$1 ;;
  esac
  shift
done

# Prints the number of rows and the sum of Quantity x UnitPrice. Fields in quotes hold commas, but no line ends here.
facts() {
  LC_ALL=C awk '
    function split_quoted(line, fields,    n, i, c, quoted) {
      n = 1; fields[1] = ""
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) fields[++n] = ""
        else fields[n] = fields[n] c
      }
      return n
    }
    { sub(/\r$/, "") }
    NR == 1 { sub(/^\357\273\277/, ""); n = split_quoted($0, names); for (i = 1; i <= n; i++) place[names[i]] = i; next }
    /"/ { n = split_quoted($0, fields) }
    !/"/ { n = split($0, fields, ",") }
    n > 1 { rows++; total += fields[place["Quantity"]] * fields[place["UnitPrice"]] }
    END { printf "%d %.3f\n", rows, total }' "$1"
}

verify() {
  local found
  found=$(facts "$1")
  if [[ $found != "541909 9747747.934" ]]; then
    echo "$0: $1 is not the file that is known here: expected 541909 rows and a total of 9747747.934, got $found" >&2
    return 1
  fi
}

if ! $check; then
  part=$file.part
  trap 'rm -f "$part"' EXIT
  if ! curl --fail --location --show-error --silent --retry 3 --connect-timeout 20 --output "$part" "$url"; then
    cat >&2 <<HELP
$0: could not download $url

Without a network, get the file on another machine (the address above, or "Download" on
https://archive.ics.uci.edu/dataset/352/online+retail, saved from the spreadsheet as CSV), copy it here, and check it:
  examples/download-online-retail.sh --check FILE
Nothing depends on this file: examples run on a simulated shop without it, and tests of it are skipped.
HELP
    exit 1
  fi
  verify "$part"
  mv "$part" "$file"
else
  verify "$file"
fi
echo "$file: 541,909 rows with a total of 9,747,747.934, as they should be"
