"""Reading the product's file: columns as plain lists."""

import h5py
import numpy as np


def text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def texts(dataset):
    return [text(v) for v in dataset[()]]


def encoding(node):
    return text(node.attrs.get("encoding-type", b""))


def type_name(dataset):
    """u32, f64 ...; bool for the enum; str for texts."""
    dtype = dataset.dtype
    if dtype.kind == "b" or h5py.check_enum_dtype(dtype):
        return "bool"
    if dtype.kind in "uif":
        return f"{dtype.kind}{8 * dtype.itemsize}"
    return "str"


def read_column(node):
    """(type, values); absent ones are None, floats keep their NaN."""
    if isinstance(node, h5py.Dataset):
        kind = type_name(node)
        if kind == "str":
            return kind, texts(node)
        return kind, node[()].tolist()
    if encoding(node) == "categorical":
        labels = texts(node["categories"])
        return "cat", [None if code < 0 else labels[code]
                       for code in node["codes"][()].tolist()]
    mask = node["mask"][()].astype(bool).tolist()
    values = node["values"][()].tolist()
    return (type_name(node["values"]) + "?",
            [None if absent else value
             for value, absent in zip(values, mask)])


class Frame:
    """A dataframe group."""

    def __init__(self, group):
        self.group = group
        self.index_name = text(group.attrs["_index"])
        order = group.attrs.get("column-order", [])
        self.order = [text(n) for n in np.asarray(order).tolist()]

    def index(self):
        return texts(self.group[self.index_name])

    def column(self, name):
        return read_column(self.group[name])

    def has(self, name):
        return name in self.group

    def family(self, name):
        return "" if not self.has(name) else text(self.group[name].attrs.get("family", b""))

    def records(self, names):
        """Rows as dicts of those of `names` that are there."""
        columns = {n: self.column(n)[1] for n in names if self.has(n)}
        if not columns:
            return []
        return [dict(zip(columns, row)) for row in zip(*columns.values())]


def dense(dataset):
    """A dense /obsm matrix as lists of rows, with its type."""
    return type_name(dataset), dataset[()].tolist()
