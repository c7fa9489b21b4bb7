#!/bin/bash
# With too little memory for the data the store and the rows go to scratch: same content, nothing left behind.
. "$(dirname "$0")/lib.bash" "$1"
events=1500000
[ "${PORTRAIT_LONG:-0}" = 1 ] && events=10000000
synth --users 6000 --events $events --files 4 -o logs
build 2 wide.h5ad logs
mkdir scratch
check "build in 32 MiB" run 2 build -q logs -o narrow.h5ad --memory 32M --scratch scratch --summary run.json
same wide.h5ad narrow.h5ad
is "files left in scratch" "$(find scratch -type f | wc -l)" 0
check "it spilled, and stayed small" "$python" - <<'P'
import json
s = json.load(open("run.json"))
assert s["bytes"]["spilled"] > 0, s["bytes"]
assert 0 < s["bytes"]["peak_memory"] < 200 << 20, s["bytes"]
P
finish
