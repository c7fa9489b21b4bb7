#!/bin/bash
# Public data sets, where they are at hand (tests/oracle/test_real.py says where it looks).
. "$(dirname "$0")/lib.bash" "$1"
check "real data" "$python" "$root/tests/oracle/test_real.py" --product "$portrait"
cat check.out
finish
