"""The tables for `all` and the job file's segments against the file's."""

from h5ad import Frame, texts
from tables import KEYS, Tables


def whole_table(report, path, group, keys, ours):
    """Every row of ours must be in the file, and no other."""
    frame = Frame(group)
    lacking = [name for name in keys if not frame.has(name)]
    if lacking:
        report.note(f"/{path}: without {lacking}")
        return
    theirs = {tuple(r[k] for k in keys): r
              for r in frame.records(frame.order)}
    for what, found in (("rows not in the file", set(ours) - set(theirs)),
                        ("rows too many", set(theirs) - set(ours))):
        if found:
            report.note(f"/{path}: {len(found)} {what}, such as "
                        + str(sorted(found)[:5])[:400])
    both = [key for key in ours if key in theirs]
    for name in ours[both[0]] if both else ():
        if not frame.has(name):
            report.note(f"/{path}/{name}: not in the file")
            continue
        kind = "score" if name == "p" else frame.column(name)[0]
        report.column(f"/{path}/{name}", kind, both,
                      [ours[key][name] for key in both],
                      [theirs[key][name] for key in both])


def compare_members(report, portrait, file, path):
    """The users of each of the job file's segments, by row number."""
    group = file[path]
    users = Frame(file["obs"]).index()
    names = texts(group["segment"])
    indptr = group["indptr"][()].tolist()
    indices = group["indices"][()].tolist()
    mine = portrait.job_segments
    report.cells("/" + path, (
        (name, sorted(mine.get(name, ())), sorted(users[i] for i in rows),
         {users[i] for i in rows} == mine.get(name)
         and rows == sorted(rows))
        for i, name in enumerate(names)
        for rows in [indices[indptr[i]:indptr[i + 1]]]))
    if set(names) != set(mine):
        report.note(f"/{path}: segments {names}")


def compare(report, portrait, file):
    """All the tables. Of some columns alone not all can be made: then
    those which are there are compared."""
    tables = Tables(portrait)
    for name, keys in KEYS.items():
        path = "uns/segments/" + name
        ours = getattr(tables, name)()
        if path in file:
            whole_table(report, path, file[path], keys, ours)
        elif ours and not portrait.job.globs:
            report.note(f"/{path}: not in the file")
    path = "uns/segments/members"
    if path in file:
        compare_members(report, portrait, file, path)
    elif portrait.job.segments and not portrait.job.globs:
        report.note(f"/{path}: not in the file")
