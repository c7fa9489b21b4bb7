"""duckdb_compare.py OURS.h5ad THEIRS.parquet: every column of theirs in ours, value by value. Integers and times equal;
money relative 1e-12; float32 to one part in a million, as SQL rounds at other places."""
import sys

import duckdb
import h5py
import numpy as np

ours, theirs = h5py.File(sys.argv[1], "r"), duckdb.connect()
ids = np.array(ours["obs/user_id"].asstr()[()])
order = np.argsort(ids)
table = theirs.execute("SELECT * FROM '%s' ORDER BY user_id" % sys.argv[2]).fetchnumpy()
bad = 0
if not np.array_equal(ids[order], np.asarray(table["user_id"]).astype(str)):
    sys.exit("the users differ: %d and %d" % (len(ids), len(table["user_id"])))


def values(node):
    if isinstance(node, h5py.Group):
        v = node["values"][()].astype(float)
        v[node["mask"][()].astype(bool)] = np.nan
        return v
    return node[()]


for name in table:
    if name == "user_id":
        continue
    if name == "hour_histogram":
        a = ours["obsm/hour_histogram"][()][order]
        b = np.nan_to_num(np.array([np.asarray(r) if r is not None else np.zeros(24) for r in np.ma.getdata(table[name])], float))
    else:
        a = np.asarray(values(ours["obs/" + name]), float)[order]
        b = np.ma.filled(np.ma.asarray(table[name], float), np.nan)
    real = a.dtype == np.float32 or name in ("purchase_frequency", "purchase_cycle_days", "hour_histogram")
    same = np.isclose(a, b, rtol=2e-6 if real else 1e-12, atol=1e-7 if real else 0, equal_nan=True)
    if not same.all():
        at = tuple(np.argwhere(~same)[0])
        bad += 1
        print("%s: %d differ, first %s: ours %r, theirs %r" % (name, (~same).sum(), ids[order][at[0]], a[at], b[at]))
if bad:
    sys.exit(1)
print("%d columns of %d users are equal" % (len(table) - 1, len(ids)))
