#!/bin/bash
# A store gives what the raw logs give: filled at once or in three days, twice the same content, by any number of ranks,
# and after an ingest that was killed.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 500 --events 40000 --files 6 -o logs
build 2 raw.h5ad logs

check "ingest at once" run 2 ingest -q logs --store once
build 3 once.h5ad --store once
same raw.h5ad once.h5ad

check "first ingest" run 1 ingest -q logs/part-000[01]* --store parts
check "second ingest" run 3 ingest -q --users logs/users.jsonl.zst logs/part-000[23]* --store parts
build 2 four.h5ad --store parts
differ raw.h5ad four.h5ad
check "third ingest" run 2 ingest -q logs/part-000[45]* --store parts
build 1 parts.h5ad --store parts
same raw.h5ad parts.h5ad

# The same content again, under another name, is taken once.
cp logs/part-0003.jsonl.zst again.jsonl.zst
check "ingest twice" run 2 ingest -q logs again.jsonl.zst --store parts
build 4 again.h5ad --store parts
same raw.h5ad again.h5ad

# Bound at ingest: another time zone cannot be asked of it.
printf 'timezone: Asia/Shanghai\n' >zone.yaml
exits 78 "another time zone than the store's" "$portrait" build -c zone.yaml --store parts -o zone.h5ad
absent zone.h5ad

# Killed at several moments: the store is as it was, or has all of it; a later ingest completes it.
synth --users 500 --events 400000 --files 6 --seed 3 -o more
for wait in 0.2 0.5 0.9 1.4; do
  sh "$root/tests/mpirun.sh" -n 2 "$portrait" ingest -q more --store parts >/dev/null 2>&1 &
  pid=$!
  sleep $wait
  kill -9 $(pgrep -P $pid) $pid 2>/dev/null
  wait $pid 2>/dev/null
  check "build after the kill at $wait s" run 2 build -q --store parts -o killed.h5ad
  if ! h5diff --exclude-path /uns/run raw.h5ad killed.h5ad >/dev/null 2>&1; then break; fi
  same raw.h5ad killed.h5ad
done
check "ingest after the kills" run 2 ingest -q more --store parts
build 2 completed.h5ad --store parts
build 2 both.h5ad logs more
same both.h5ad completed.h5ad
finish
