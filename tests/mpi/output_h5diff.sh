#!/bin/sh
# The file's content must not depend on the number of ranks: h5diff of n = 2, 3, 4 and 7 against n = 1, attributes
# included. usage: output_h5diff.sh TEST_OUTPUT_WRITE
set -eu
here=$(dirname "$0")
command -v h5diff >/dev/null || { echo "output_h5diff.sh: SKIPPED: no h5diff"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for n in 1 2 3 4 7; do
  "$here/../mpirun.sh" -n $n "$1" write 36000 "$dir/$n.h5ad" 2>/dev/null
done
for n in 2 3 4 7; do
  h5diff "$dir/1.h5ad" "$dir/$n.h5ad" >"$dir/said" || { cat "$dir/said"; exit 1; } # it also names empty datasets
  cmp -s "$dir/1.h5ad" "$dir/$n.h5ad" && echo "n=$n: the same bytes" || echo "n=$n: the same content"
done
