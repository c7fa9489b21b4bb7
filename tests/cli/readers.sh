#!/bin/bash
# The file as analysts open it: anndata, h5py + pandas, and R's rhdf5. A reader that is not installed is skipped, and said.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 3000 --events 60000 -o logs
build 3 profiles.h5ad logs
for reader in "/usr/bin/python3 $root/tests/cli/readers.py" "Rscript --vanilla $root/tests/cli/readers.R"; do
  $reader profiles.h5ad >reader.out 2>&1
  rc=$?
  cat reader.out
  if [ $rc -eq 127 ]; then
    echo "SKIPPED: ${reader%% *} is not installed"
  else
    check "$reader" test $rc -eq 0 -o $rc -eq 77
  fi
done
finish
