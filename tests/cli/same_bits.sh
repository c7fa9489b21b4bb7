#!/bin/bash
# The file has the same content for any number of ranks, any order of files and lines, any memory, and from a store.
. "$(dirname "$0")/lib.bash" "$1"
users=400 events=30000
[ "${PORTRAIT_LONG:-0}" = 1 ] && users=20000 events=2000000
synth --users $users --events $events --files 5 -o logs
build 1 n1.h5ad logs

for n in 2 3 4 7; do
  build $n n$n.h5ad logs
  same n1.h5ad n$n.h5ad
done

# Other data must differ.
synth --users $users --events $events --files 5 --seed 2 -o other
build 2 other.h5ad other
differ n1.h5ad other.h5ad

# Lines in another order, in other files, under other names.
mkdir mixed
zstdcat logs/part-*.zst | shuf --random-source=<(yes 1) | split -n r/3 --additional-suffix=.jsonl - mixed/z
zstdcat logs/users* | shuf --random-source=<(yes 2) | split -n r/2 --additional-suffix=.jsonl - mixed/users-
build 2 mixed.h5ad mixed
same n1.h5ad mixed.h5ad

# The same files, given one by one in another order.
build 3 named.h5ad --users logs/users.jsonl.zst $(ls -r logs/part-*)
same n1.h5ad named.h5ad
finish
