"""The oracle's own portrait as an .h5ad, for the test of compare.py."""

import h5py
import numpy as np

import segments
from compare import SUMMARY, TGI
from intake import LINE_COUNTS
from tables import KEYS, Tables

DTYPES = {"u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "i32": np.int32,
          "i64": np.int64, "f32": np.float32, "f64": np.float64,
          "bool": bool, "int": np.uint8}


def floats(values):
    return [np.nan if v is None else float(v) for v in values]


def put_texts(group, name, values):
    raw = np.array([v.encode() for v in values] or [b""][:0], dtype=bytes) \
        if values else np.array([], dtype="S1")
    group.create_dataset(name, data=raw)


def put_nullable(group, name, kind, values):
    node = group.create_group(name)
    node.attrs["encoding-type"] = ("nullable-boolean" if kind == "bool"
                                   else "nullable-integer")
    node["values"] = np.array([v or 0 for v in values], dtype=DTYPES[kind])
    node["mask"] = np.array([v is None for v in values], dtype=bool)


def put_categorical(group, name, values):
    node = group.create_group(name)
    node.attrs["encoding-type"] = "categorical"
    labels = sorted({v for v in values if v is not None}, key=str.encode)
    place = {label: i for i, label in enumerate(labels)}
    put_texts(node, "categories", labels)
    node["codes"] = np.array([place.get(v, -1) for v in values], dtype="i4")


def put_column(group, name, kind, values):
    if kind[0] == "f":
        kind = kind[:3]         # how close it must be is for compare.py
    if kind == "str":
        put_texts(group, name, values)
    elif kind == "cat":
        put_categorical(group, name, values)
    elif kind.endswith("?"):
        put_nullable(group, name, kind[:-1], values)
    elif kind[0] == "f":
        group[name] = np.array(floats(values), dtype=DTYPES[kind])
    else:
        group[name] = np.array(values, dtype=DTYPES[kind])


def put_frame(parent, name, index, keys, columns):
    """columns: {name: (type, values)}."""
    group = parent.create_group(name)
    group.attrs["encoding-type"] = "dataframe"
    group.attrs["_index"] = index
    group.attrs["column-order"] = list(columns)
    put_texts(group, index, keys)
    for column, (kind, values) in columns.items():
        put_column(group, column, kind, values)


def put_table(parent, name, table, key_names, names):
    """A {keys: row} table with its keys as columns."""
    keys = [k if isinstance(k, tuple) else (k,) for k in table]
    columns = {}
    for i, key in enumerate(key_names):
        values = [k[i] for k in keys]
        number = values and isinstance(values[0], int)
        columns[key] = ("i64" if number else "str", values)
    for column in names:
        values = [row[column] for row in table.values()]
        whole = all(isinstance(v, int) for v in values)
        kind = "str" if values and isinstance(values[0], str) else "f64"
        columns[column] = ("i64" if whole else kind, values)
    put_frame(parent, name, "_row", [str(i) for i in range(len(keys))],
              columns)


def write(portrait, path):
    """The whole file."""
    rows = portrait.rows
    users = list(rows)
    with h5py.File(path, "w") as file:
        put_frame(file, "obs", "user_id", users, {
            name: (kind, [rows[u][name] for u in users])
            for name, kind in portrait.columns.items()})
        for name in ("hour_histogram", "weekday_histogram"):
            ours = portrait.histogram(name)
            file["obsm/" + name] = np.array(
                [floats(ours[u]) for u in users], dtype=np.float32)
        for name, (kind, matrix) in portrait.sparse.items():
            put_sparse(file, name, kind, matrix, users)
        write_tables(portrait, file)


def put_sparse(file, name, kind, matrix, users):
    """A csr_matrix in /obsm with a vocabulary of its own."""
    labels = sorted({c for row in matrix.values() for c in row},
                    key=str.encode)
    put_texts(file.require_group("uns/vocabulary"), name, labels)
    group = file.create_group("obsm/" + name)
    group.attrs["vocabulary"] = "/uns/vocabulary/" + name
    place = {label: i for i, label in enumerate(labels)}
    rows = [sorted((place[c], v) for c, v in matrix.get(u, {}).items())
            for u in users]
    values = [v for row in rows for _, v in row]
    group["data"] = np.array(floats(values) if kind[0] == "f" else values,
                             dtype=DTYPES[kind])
    group["indices"] = np.array([c for row in rows for c, _ in row],
                                dtype="i4")
    group["indptr"] = np.cumsum([0] + [len(row) for row in rows])


def write_tables(portrait, file):
    rows, tags = portrait.rows, portrait.tags
    group = file.create_group("uns/segments")
    put_table(group, "summary", segments.summary(rows, tags), ("segment",),
              SUMMARY)
    tgi = segments.tgi(rows, tags)
    for row, q in zip(tgi.values(), segments.benjamini_hochberg(
            [r["z"] for r in tgi.values()])):
        row["q"] = q
    put_table(group, "tgi", tgi, ("segment", "tag", "label"), TGI + ["q"])
    put_table(group, "hours", segments.hours(rows, tags),
              ("segment", "weekday", "hour"), ("events",))
    tables = Tables(portrait)
    for name, keys in KEYS.items():
        table = getattr(tables, name)()
        columns = list(next(iter(table.values()), ()))
        put_table(group, name, table, keys, columns)
    group = file.create_group("uns/quality")
    rejects = {key: {"lines": n} for key, n in
               portrait.intake.rejects.items()}
    put_table(group, "rejects", rejects, ("reason", "source"), ("lines",))
    put_table(group, "lines", portrait.intake.line_table(), ("source",),
              LINE_COUNTS)
