#!/bin/bash
# /uns/quality/coverage, labels and sources are what the columns of the same file say, from any number of ranks and a store.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 200 --events 8000 --files 2 -o logs
mkdir mixed
zstdcat logs/part-0000* >mixed/a.jsonl
zstdcat logs/part-0001* | "$python" -c '
import json, sys
for i, line in enumerate(sys.stdin):
    e = json.loads(line)
    e["source"] = "shop" if i % 3 else "app"
    print(json.dumps(e))' >mixed/b.jsonl
build 1 n1.h5ad mixed
for n in 2 3; do
  build $n n$n.h5ad mixed
  same n1.h5ad n$n.h5ad
done
check "ingest" run 2 ingest -q mixed --store store
build 2 store.h5ad --store store
same n1.h5ad store.h5ad
check "the tables are what the columns say" "$python" - <<'P'
import itertools
import json
import h5py
import numpy as np

f = h5py.File("n1.h5ad")
table = lambda name: list(zip(*[[x.decode() if isinstance(x, bytes) else x for x in f["uns/quality"][name][c][()]] for c in f["uns/quality"][name].attrs["column-order"]]))
users = len(f["obs/user_id"])


def known(node):
    if isinstance(node, h5py.Dataset):
        return ~np.isnan(node[()]) if node.dtype.kind == "f" else np.ones(users, bool)
    return node["codes"][()] >= 0 if "codes" in node else ~node["mask"][()].astype(bool)


names = list(f["obs"].attrs["column-order"])
parts = {n + end for n in names for end in ("_index", "_evidence") if n + "_index" in names and n + "_evidence" in names}
rows = table("coverage")
assert [r[0] for r in rows] == [n for n in names if n not in parts], "other columns"
for name, family, n, share in rows:
    k = int(known(f["obs"][name]).sum())
    assert n == k and share == k / users and f["obs"][name].attrs["family"] == family, (name, n, k)
assert 0 < sum(r[2] < users for r in rows) < len(rows)
labels = table("labels")
assert labels
for name, label, n, share in labels:
    node = f["obs"][name]
    of = node["categories"].asstr()[()][node["codes"][()]]
    of = of[node["codes"][()] >= 0]
    assert n == (of == label).sum(), (name, label, n)
    assert (share == n / len(of)) if len(of) else share != share, (name, label, share)
for name in {r[0] for r in labels}:
    assert sum(r[2] for r in labels if r[0] == name) == known(f["obs"][name]).sum(), name
of_user = {}
for path in ("mixed/a.jsonl", "mixed/b.jsonl"):
    for line in open(path):
        e = json.loads(line)
        if "user_id" in e:
            of_user.setdefault(e["user_id"], set()).add(e.get("source", "portrait"))
pairs = {}
for s in of_user.values():
    for a, b in itertools.combinations_with_replacement(sorted(s), 2):
        pairs[a, b] = pairs.get((a, b), 0) + 1
got = {(a, b): n for a, b, n in table("sources")}
assert got == pairs and ("app", "portrait") in got, (got, pairs)
P
finish
