#!/bin/bash
# Against the independent computation in tests/oracle: synthetic logs, and every kind of data it makes.
. "$(dirname "$0")/lib.bash" "$1"
oracle=$root/tests/oracle
synth --users 150 --events 12000 --files 3 -o logs
build 2 logs.h5ad logs
check "oracle on synth" "$python" "$oracle/oracle.py" --compare logs.h5ad logs

for kind in mixed tz dups hostile; do
  check "make $kind" "$python" "$oracle/make_data.py" $kind --kind $kind --users 60 --events 4000 --seed 7
  job=()
  [ -f $kind/job.yaml ] && job=(-c $kind/job.yaml)
  [ -f $kind/job.yaml ] && with=(--job $kind/job.yaml) || with=()
  check "build $kind" run 3 build -q "${job[@]}" $kind -o $kind.h5ad
  check "oracle on $kind" "$python" "$oracle/oracle.py" "${with[@]}" --compare $kind.h5ad $kind
done
finish
