#!/usr/bin/python3
"""Reads a file of profiles with anndata, h5py and pandas and compares what they give with each other.

usage: readers.py FILE [--synthetic USERS MAX_LABELS]

Any file: the layout, the attributes of every column, X against the labels of /obs, /var against both. With
--synthetic also every cell against the formulas of tests/mpi/output_synthetic.h. Exit 77 where anndata is missing."""
import sys
import warnings

try:
    import anndata
    import h5py
    import numpy as np
    import pandas as pd
except ImportError as missing:
    print(f"readers.py: SKIPPED: {missing}")
    sys.exit(77)

warnings.simplefilter("error")
ATTRIBUTES = ("encoding-type", "encoding-version", "description", "units", "family", "level", "kind")


def same(what, got, want):
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"{what}: shape {got.shape}, not {want.shape}"
    if got.dtype.kind == "f":
        ok = (got == want) | (np.isnan(got) & np.isnan(want))
    else:
        ok = got == want
    if not ok.all():
        at = np.argwhere(~ok)[0]
        raise AssertionError(f"{what}: {got[tuple(at)]!r} at {at}, not {want[tuple(at)]!r}")


def check_layout(f):
    assert set(f) == {"X", "layers", "obs", "obsm", "obsp", "uns", "var", "varm", "varp"}, set(f)
    for name in f["obs"].attrs["column-order"]:
        column = f["obs"][name]
        for key in ATTRIBUTES:
            assert isinstance(column.attrs.get(key), str), f"{name} has no text {key}"
        assert column.attrs["description"], name
    assert set(f["obs"]) == set(f["obs"].attrs["column-order"]) | {"user_id"}
    for part in ("indices", "indptr"):
        assert f["X"][part] == f["layers/index"][part], f"{part} is not shared"
    ids = f["obs/user_id"]
    info = ids.id.get_type()
    assert not info.is_variable_str() and info.get_cset() == h5py.h5t.CSET_UTF8
    assert info.get_strpad() == h5py.h5t.STR_NULLPAD
    chunks = []

    def look(name, thing):
        if isinstance(thing, h5py.Dataset) and thing.chunks:
            assert np.prod(thing.chunks) * thing.dtype.itemsize <= 1 << 20, name
            chunks.append(name)

    f.visititems(look)
    return chunks


def check_matrix(a):
    """X, its layer and var all say what the labels of obs say."""
    x, index = a.X.tocsr(), a.layers["index"].tocsr()
    assert x.indices.dtype == x.indptr.dtype
    x.check_format(full_check=True)
    assert x.has_sorted_indices and (x.data == 1).all()
    assert x.dtype == np.float32 and index.dtype == np.float32
    assert list(a.var.columns) == ["tag", "label", "level", "users", "mean_index", "description"]
    same("var names", a.var_names, a.var["tag"] + "=" + a.var["label"])
    assert a.var_names.is_unique
    same("users", np.asarray(x.sum(axis=0)).ravel().astype(np.int64), a.var["users"])
    columns = list(a.obs.columns)
    cells = 0
    for tag in dict.fromkeys(a.var["tag"]):
        at = np.flatnonzero((a.var["tag"] == tag).to_numpy())
        names = a.var["label"].to_numpy()[at]
        text = a.obs[tag].astype(object)
        known = text.isin(names)
        other = np.flatnonzero(names == "other")
        want = np.full(len(text), -1)
        place = {name: i for i, name in enumerate(names)}
        want[known] = [place[t] for t in text[known]]
        if len(other):
            want[(~known & text.notna()).to_numpy()] = other[0]
        block = x[:, at].tocoo()
        got = np.full(len(text), -1)
        got[block.row] = block.col
        same(tag, got, want)
        cells += len(block.row)
        number = a.obs[tag + "_index"].to_numpy()
        rows = got >= 0
        layer = np.asarray(index[:, at].sum(axis=1)).ravel() if len(rows) else np.zeros(0)
        same(tag + "_index in the layer", layer[rows], np.where(np.isnan(number), 1, number)[rows])
        assert columns.index(tag + "_index") == columns.index(tag) + 1
        for i, name in enumerate(names):
            mine = number[(got == i)].astype(np.float64)
            mine = mine[~np.isnan(mine)]
            mean = a.var["mean_index"].iloc[at[i]]
            assert np.isnan(mean) if len(mine) == 0 else abs(mean - mine.mean()) < 1e-9, (tag, name, mean)
    assert cells == x.nnz


def check_sparse(a, f):
    """Every sparse matrix of obsm: sorted rows, columns by its vocabulary, one structure for those of one family."""
    n = 0
    for name, group in f["obsm"].items():
        if not isinstance(group, h5py.Group):
            continue
        m = a.obsm[name]
        n += 1
        assert group.attrs["encoding-type"] == "csr_matrix", name
        for key in ATTRIBUTES + ("vocabulary",):
            assert isinstance(group.attrs.get(key), str), f"{name} has no text {key}"
        words = f[group.attrs["vocabulary"]].asstr()[:]
        kind = group.attrs["vocabulary"].split("/")[-1]
        same(name + " vocabulary", a.uns["vocabulary"][kind], words)
        plain = [w.encode() for w in words if w != "other"]
        assert plain == sorted(set(plain)) and (len(plain) == len(words) or words[-1] == "other"), name
        assert m.shape == (a.n_obs, len(words)), (name, m.shape)
        assert m.indices.dtype == m.indptr.dtype, name
        m.check_format(full_check=True)
        assert m.has_sorted_indices and m.has_canonical_format, name
        assert m[: min(3, a.n_obs)].toarray().shape[1] == len(words)
        if "_table_" in name:
            first = f["obsm"][next(k for k in f["obsm"] if k.startswith(name.split("_table_")[0] + "_table_"))]
            for part in ("indices", "indptr"):
                assert group[part] == first[part], f"{name}: {part} is not shared"
    if n:
        assert f["uns/vocabulary"].attrs["encoding-type"] == "dict"
    return n


def check_synthetic_sparse(a, i):
    words = [f"style {c:02d}" + (" grün" if c == 7 else "") for c in range(40)]
    same("styles", a.uns["vocabulary"]["style"], words)
    i, c = i[:, None], np.arange(40)[None, :]
    there = ((3 * i + c) % 13 == 0) & (i % 8 != 3)
    want = {"count": (np.uint32, i % 100 + c), "share": (np.float32, np.where(c % 9 == 4, np.nan, c / 64) + 0 * i),
            "new": (np.bool_, (c % 2 == 1) & (i >= 0)), "time": (np.int64, 1700000000000 + i + 0 * c)}
    assert {k for k in a.obsm if k.startswith("style")} == {"style_table_" + k for k in want}
    for name, (dtype, values) in want.items():
        m = a.obsm["style_table_" + name]
        assert m.dtype == dtype, (name, m.dtype)
        rows, columns = np.nonzero(there)
        same(name + " rows", m.indptr, np.concatenate([[0], np.cumsum(there.sum(axis=1))]))
        same(name + " columns", m.indices, columns)
        same(name, m.data, values[rows, columns].astype(dtype))


def number_of(user_id):
    return int(user_id.lstrip("ukäfer"))


def brand_of(i):
    return "other" if i % 97 == 1 else f"brand_{(i % 64 + 1).bit_length() - 1}"


def city_of(i):
    if i % 9 == 0:
        return None
    text = f"city {i * i % 300}/".encode()
    if i % 50 == 7:
        while len(text) < 300:
            text += "é".encode()
        text = text[:255].decode(errors="ignore").encode()
    return text.decode()


def check_synthetic(a, f, users, max_labels):
    assert a.n_obs == users, a.n_obs
    obs = a.obs
    i = np.array([number_of(u) for u in a.obs_names], dtype=np.int64)
    assert sorted(i) == list(range(users))
    same("ids", a.obs_names, [f"käufer{n}" if n % 10 == 3 else f"u{n}" for n in i])
    assert list(obs.columns) == [
        "orders_count_all", "days_active_30d", "level", "spend_all", "share", "first_time", "days_since_order",
        "is_member", "has_app", "gender", "age_band", "city", "lifecycle", "lifecycle_index", "lifecycle_evidence",
        "top_brand", "top_brand_index", "top_brand_evidence"], list(obs.columns)
    plain = {"orders_count_all": (np.uint32, i * 7 % 1000), "days_active_30d": (np.uint16, i % 31),
             "level": (np.uint8, i % 5), "spend_all": (np.float64, np.where(i % 13 == 0, np.nan, i * 0.25)),
             "share": (np.float32, np.where(i % 17 == 0, np.nan, (i % 1000).astype(np.float32) / np.float32(1000))),
             "is_member": (np.bool_, i % 2 == 1), "lifecycle_evidence": (np.uint32, i % 50),
             "lifecycle_index": (np.float32,
                                 np.where(i % 7 == 0, np.nan, (i % 101).astype(np.float32) / np.float32(100)))}
    for name, (dtype, want) in plain.items():
        assert obs[name].dtype == dtype, (name, obs[name].dtype)
        same(name, obs[name].to_numpy(), want.astype(dtype))
    nullable = {"first_time": ("Int64", 1700000000000 + i * 1000, i % 11 == 0),
                "days_since_order": ("Int32", i % 400 - 5, i % 3 == 0), "has_app": ("boolean", i % 4 == 0, i % 5 == 0)}
    for name, (dtype, want, absent) in nullable.items():
        assert str(obs[name].dtype) == dtype, (name, obs[name].dtype)
        same(name, obs[name].isna(), absent)
        same(name, obs[name][~absent].to_numpy(dtype=want.dtype), want[~absent])
        assert not f["obs"][name]["values"][:][absent].any(), f"{name}: something stands behind the mask"
    closed = {"gender": (["female", "male", "unknown"], False, np.where(i % 4 == 3, -1, i % 4)),
              "age_band": (["-17", "18-34", "35-54", "55+"], True, i // 3 % 4),
              "lifecycle": (["new", "active", "sleeping", "lost"], True, np.where(i % 5 == 4, -1, i % 5))}
    for name, (categories, ordered, codes) in closed.items():
        assert list(obs[name].cat.categories) == categories and obs[name].cat.ordered == ordered, name
        same(name, obs[name].cat.codes, codes)
    brands = [None if n % 6 == 5 else brand_of(n) for n in map(int, i)]
    for name, texts in (("city", [city_of(n) for n in map(int, i)]), ("top_brand", brands)):
        categories = sorted({t for t in texts if t is not None}, key=str.encode)
        assert list(obs[name].cat.categories) == categories, name
        same(name, obs[name].isna(), [t is None for t in texts])
        same(name, obs[name].dropna().astype(object), [t for t in texts if t is not None])
    same("hour_histogram", a.obsm["hour_histogram"], i[:, None] * np.arange(1, 25) % 97)
    counts = pd.Series([b for b in brands if b not in (None, "other")], dtype=object).value_counts()
    largest = sorted(counts.index, key=lambda b: (-counts[b], b.encode()))
    want = largest[:max_labels] + ["other"] * (len(largest) > max_labels or "other" in brands)
    assert list(a.var["label"]) == ["new", "active", "sleeping", "lost"] + want, list(a.var["label"])
    check_synthetic_sparse(a, i)
    check_uns(a)


def check_uns(a):
    assert '"a": "é"' in a.uns["run"], a.uns["run"]
    table = a.uns["segments"]["summary"]
    same("table", table["users"], [5, -7, 9007199254740993])
    same("table", table["mean"], [0.5, np.nan, 1e300])
    same("table", table["name"], ["alpha", "", "größer"])
    assert len(a.uns["empty"]) == 0 and list(a.uns["empty"].columns) == ["what"]


def check_backed(path, a):
    b = anndata.read_h5ad(path, backed="r")
    same("backed names", b.obs_names, a.obs_names)
    if b.n_obs and b.n_vars:
        same("backed X", b.X[: min(7, b.n_obs)].toarray(), a.X[: min(7, b.n_obs)].toarray())
    b.file.close()


def main():
    path = sys.argv[1]
    with h5py.File(path, "r") as f:
        check_layout(f)
        a = anndata.read_h5ad(path)
        check_matrix(a)
        check_sparse(a, f)
        check_backed(path, a)
        frame = pd.DataFrame({n: f["obs"][n][:] for n in f["obs"].attrs["column-order"]
                              if isinstance(f["obs"][n], h5py.Dataset)}, index=f["obs/user_id"].asstr()[:])
        for name in frame:
            same(name, frame[name].to_numpy(), a.obs[name].to_numpy())
        if sys.argv[2:3] == ["--synthetic"]:
            check_synthetic(a, f, int(sys.argv[3]), int(sys.argv[4]))
    print(f"readers.py: {path}: {a.n_obs} users, {a.n_vars} labels: all equal")


if __name__ == "__main__":
    main()
