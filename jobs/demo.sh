#!/bin/sh
# From nothing to portraits: installs what is missing (Debian; elsewhere it says what), builds, makes 2 million events of
# 20,000 users, and profiles them with two ranks. Everything stays in build/.
set -eu
cd "$(dirname "$0")/.."
. cmake/deps.sh

portrait_need build read
cmake --log-level=NOTICE -S . -B build/release -G Ninja -DCMAKE_BUILD_TYPE=Release -DPORTRAIT_TESTS=OFF
ninja --quiet -C build/release portrait
portrait=build/release/portrait

trap portrait_mpi_clean EXIT
portrait_mpi_setup
demo=build/demo
mkdir -p $demo
title() { printf '\n--- %s\n' "$*"; }

title "synthetic logs: $demo/logs"
mpirun -q --oversubscribe -n 2 $portrait synth --users 20000 --events 2000000 -o $demo/logs

title "profiles"
mpirun -q --oversubscribe -n 2 $portrait build $demo/logs -o $demo/profiles.h5ad --summary $demo/run.json

title "one user"
$portrait show $demo/profiles.h5ad u00008381

title "the segments"
/usr/bin/python3 - $demo/profiles.h5ad <<'P'
import sys, h5py
with h5py.File(sys.argv[1], "r") as f:
    summary = f["uns/segments/summary"]
    columns = ["segment", "users", "share", "buyers", "orders_365d", "net_spend_365d"]
    def values(name):
        node = summary[name]
        if isinstance(node, h5py.Group):  # a categorical: codes into categories
            return node["categories"].asstr()[()][node["codes"][()]]
        return node.asstr()[()] if node.dtype.kind in "SO" else node[()]
    print("".join(f"{c:>30}" if c == "segment" else f"{c:>16}" for c in columns))
    for row in zip(*(values(c) for c in columns)):
        if row[0].startswith("active_hour"):
            continue  # 24 of them
        print("".join(f"{v:>30}" if isinstance(v, str) else f"{v:>16,.3f}" if v != int(v) else f"{int(v):>16,}" for v in row))
P

title "done"
echo "$PWD/$demo/profiles.h5ad"
echo "in Python: anndata.read_h5ad('$demo/profiles.h5ad').obs"
