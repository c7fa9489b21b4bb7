"""The sparse matrices of /obsm against the file's, cell by cell."""

from columns import is_wanted
from h5ad import Frame, encoding, text, texts, type_name

FAMILIES = {"category_table": "consumption"}


def labels_of(file, group):
    """The names of a matrix's columns."""
    node = file[text(group.attrs["vocabulary"])]
    return Frame(node).index() if encoding(node) == "dataframe" \
        else texts(node)


def read_cells(file, group, users):
    """(type, [((user, label), value)], whether rows are in order)."""
    labels = labels_of(file, group)
    indptr = group["indptr"][()].tolist()
    indices = group["indices"][()].tolist()
    data = group["data"][()].tolist()
    cells, tidy = [], True
    for i, user in enumerate(users):
        low, high = indptr[i:i + 2]
        mine = indices[low:high]
        tidy = tidy and mine == sorted(set(mine))
        cells += [((user, labels[c]), v)
                  for c, v in zip(mine, data[low:high])]
    return type_name(group["data"]), cells, tidy


def compare_matrix(report, name, file, users, expected):
    """One matrix: the same cells, the same values."""
    path = "obsm/" + name
    kind, ours = expected
    found, cells, tidy = read_cells(file, file[path], users)
    if found != kind:
        report.note(f"/{path}: type {found}, expected {kind}")
    if not tidy:
        report.note(f"/{path}: indices out of order")
    theirs = dict(cells)
    mine = {(u, c): v for u, row in ours.items() for c, v in row.items()}
    for what, keys in (("missing", mine.keys() - theirs.keys()),
                       ("too many", theirs.keys() - mine.keys())):
        if keys:
            report.note(f"/{path}: {len(keys)} cells {what}, such as "
                        + str(sorted(keys)[:5])[:400])
    both = sorted(mine.keys() & theirs.keys())
    report.column("/" + path, kind, both, [mine[k] for k in both],
                  [theirs[k] for k in both])


def compare(report, portrait, file, users):
    """All of them."""
    for name, expected in portrait.sparse.items():
        family = next((f for prefix, f in FAMILIES.items()
                       if name.startswith(prefix)), "preference")
        there = "obsm/" + name in file
        if is_wanted(portrait.job, name, family) != there:
            report.note(f"/obsm/{name}: not "
                        + ("asked for" if there else "in the file"))
        if there:
            compare_matrix(report, name, file, users, expected)
