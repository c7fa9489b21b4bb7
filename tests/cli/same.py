"""same.py A B [PATH...]: exit 1 where the files differ in a name, type, shape, attribute or any bit of a value, outside
/uns/run and the paths given. Stricter than h5diff, which passes over empty and unlike datasets."""
import sys

import h5py
import numpy as np

a, b = h5py.File(sys.argv[1], "r"), h5py.File(sys.argv[2], "r")
skipped = {"/uns/run", *sys.argv[3:]}
differences = []


def plain(v):
    return v.tobytes() if isinstance(v, np.ndarray) and v.dtype != object else repr(v)


def compare(x, y, name):
    if name in skipped:
        return
    if type(x) is not type(y):
        differences.append("%s: %s and %s" % (name, x, y))
        return
    if set(x.attrs) != set(y.attrs):
        differences.append("%s: other attributes" % name)
    for key in set(x.attrs) & set(y.attrs):
        if plain(x.attrs[key]) != plain(y.attrs[key]):
            differences.append("%s: attribute %s: %r and %r" % (name, key, x.attrs[key], y.attrs[key]))
    if isinstance(x, h5py.Group):
        for key in sorted(set(x) ^ set(y)):
            if name + "/" + key not in skipped:
                differences.append("%s/%s: in one file alone" % (name, key))
        for key in sorted(set(x) & set(y)):
            compare(x[key], y[key], name + "/" + key)
        return
    if x.dtype != y.dtype or x.shape != y.shape:
        differences.append("%s: %s%s and %s%s" % (name, x.dtype, x.shape, y.dtype, y.shape))
    elif plain(x[()]) != plain(y[()]):
        u, v = x[()], y[()]
        n = "" if np.ndim(u) == 0 else ": %d values" % np.sum(np.asarray(u != v).reshape(-1))
        differences.append("%s: other values%s" % (name, n))


compare(a, b, "")
print("\n".join(differences[:12]))
sys.exit(bool(differences))
