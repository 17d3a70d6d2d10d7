#!/usr/bin/env bash
# missing_components.sh COMPILER INCLUDE_DIRECTORY: a header whose component's library is not there says which component
# it is, in its first error, and no more than one follows.
set -euo pipefail
export LC_ALL=C
compiler=$1 include=$2

# Headers of the system, but for one library's, in directories of links.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mapfile -t system < <("$compiler" -E -v -x c++ /dev/null 2>&1 |
  sed -n '/^#include <\.\.\.>/,/^End of search/ { s/^ //; /^\//p }')

expect() {
  local component=$1 header=$2 hidden=$3 output errors i=0
  local options=(-nostdinc)
  [[ $compiler == *clang* ]] && options+=(-nostdinc++)
  for directory in "${system[@]}" "$eigen"; do
    local links="$work/${hidden//\//_}-$((i++))"
    if [[ -e $directory/$hidden ]]; then
      if [[ ! -d $links ]]; then
        mkdir "$links"
        find "$directory" -mindepth 1 -maxdepth 1 -not -name "${hidden%%/*}" -exec ln -st "$links" {} +
      fi
      directory=$links
    fi
    options+=(-isystem "$directory")
  done
  if output=$("$compiler" -std=c++20 -E -o /dev/null -I"$include" "${options[@]}" -x c++ - <<<"#include <tenure/$header>" 2>&1)
  then
    echo "Preprocessed without $hidden: $header"
    exit 1
  fi
  errors=$(grep 'error: ' <<<"$output")
  if [[ $(head -n 1 <<<"$errors") != *"tenure needs $hidden here: add the component $component (target tenure::$component)"* ]] ||
    (($(wc -l <<<"$errors") > 2)); then
    echo "Expected that component $component has $hidden, in $header, got:"
    head -n 30 <<<"$output"
    exit 1
  fi
}

eigen=$(pkg-config --cflags-only-I eigen3 | sed 's/^-I//; s/ *$//')
for header in io/safetensors.hpp io/state_json.hpp train/model_checkpoint.hpp track/json_values.hpp track/run_directory.hpp; do
  expect json "$header" nlohmann/json.hpp
done
expect zlib data/csv/gzip.hpp zlib.h
expect sqlite clv/transactions/sqlite.hpp sqlite3.h
expect tensorboard track/tensorboard/event_writer.hpp tensorboard_event.pb.h
expect mlflow track/mlflow/http.hpp curl/curl.h
expect mlflow track/mlflow/file_store.hpp yaml-cpp/yaml.h
