#!/bin/bash
# Against the independent computation in tests/oracle: synthetic logs, and every kind of data it makes with its job files.
. "$(dirname "$0")/lib.bash" "$1"
oracle=$root/tests/oracle
synth --users 150 --events 12000 --files 3 -o logs
build 2 logs.h5ad logs
check "oracle on synth" "$python" "$oracle/oracle.py" --compare logs.h5ad logs
check "definitions worked out by hand" timeout 900 "$python" "$oracle/test_oracle.py"
check "every kind of data" timeout 900 "$python" "$oracle/test_synth.py" --product "$portrait" --ranks 3 --users 60 --events 1500 --seed 7
cat check.out
finish
