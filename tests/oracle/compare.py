"""The product's file against the oracle, column by column (README G)."""

import math
import sys
from fractions import Fraction

import h5py
import numpy as np

import clv
import compare_sparse
import compare_tables
import segments
import value
from h5ad import Frame, dense
from columns import is_wanted
from intake import LINE_COUNTS

# Families whose columns no oracle computes.
UNKNOWN_FAMILIES = ("attributes",)
RELATIVE = Fraction(1, 10 ** 12)
SUMMARY = ("users share buyers orders_365d orders_all spend_365d spend_all "
           "net_spend_365d net_spend_all net_spend_mean net_spend_median "
           "net_spend_p90 order_value_mean recency_mean "
           "active_days_mean").split()
# What is interpolated between large values of both signs may cancel.
LOOSER = {"z": "score", "net_spend_median": "f64?", "net_spend_p90": "f64?"}
TGI = "k n1 k_all n p1 p tgi z".split()


def is_absent(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def close_f64(ours, theirs):
    """Relative 1e-12; 0 only with 0."""
    return abs(Fraction(theirs) - Fraction(ours)) <= RELATIVE * abs(
        Fraction(ours))


def close_f32(ours, theirs):
    """Within one ulp of the exact value rounded."""
    value = np.float32(float(ours))
    low = np.nextafter(value, np.float32(-np.inf))
    high = np.nextafter(value, np.float32(np.inf))
    return low <= np.float32(theirs) <= high


def close_score(ours, theirs):
    """A score that is itself a float of ours."""
    return abs(ours - theirs) <= 1e-9 * abs(ours) + 1e-12


def equal(kind, ours, theirs):
    """Whether two cells hold the same."""
    if is_absent(ours) or is_absent(theirs):
        return is_absent(ours) and is_absent(theirs)
    if kind == "f64?":      # sums and products which may cancel
        return abs(float(ours) - theirs) <= 1e-8 * (1 + abs(float(ours)))
    if kind == "f64":
        return math.isfinite(theirs) and close_f64(ours, theirs)
    if kind == "f32":
        return math.isfinite(theirs) and bool(close_f32(ours, theirs))
    if kind in ("score", "f64~"):
        return math.isfinite(theirs) and close_score(ours, theirs)
    return ours == theirs


def as_floats(values):
    return np.array([math.nan if v is None else float(v) for v in values])


def differing(kind, ours, theirs):
    """Indices of the cells that are not equal. Floats equal to the last
    bit need no second look."""
    suspects = range(len(ours))
    if kind in ("f32", "f64", "f64?"):
        left, right = as_floats(ours), as_floats(theirs)
        if kind == "f32":
            left = left.astype(np.float32)
        same = (left == right) | (np.isnan(left) & np.isnan(right))
        suspects = np.flatnonzero(~same).tolist()
    elif ours == theirs:
        return []
    return [i for i in suspects if not equal(kind, ours[i], theirs[i])]


def same_type(expected, found):
    """Whether a column's type is as the README says."""
    if expected == "f64?":
        return found == "f64"
    if expected == "int?":
        return found.endswith("?") and found[0] in "ui"
    return expected.rstrip("~") == found


def show(value):
    return repr(float(value) if isinstance(value, Fraction)
                else value)[:200]


class Report:
    """Differences, printed as they are found."""

    def __init__(self):
        self.columns = 0
        self.different = 0

    def note(self, text):
        self.different += 1
        print(text)

    def cells(self, name, quads):
        """Compare (key, ours, theirs, equal?) of one column."""
        self.columns += 1
        wrong = [(k, a, b) for k, a, b, same in quads if not same]
        if wrong:
            self.note(f"{name}: {len(wrong)} rows differ")
            for key, ours, theirs in wrong[:5]:
                print(f"    {key}: ours {show(ours)}, theirs {show(theirs)}")

    def column(self, name, kind, keys, ours, theirs):
        """Compare the lists of one column."""
        self.cells(name, ((keys[i], ours[i], theirs[i], False)
                          for i in differing(kind, ours, theirs)))


def compare_users(report, portrait, users):
    """The same users, each once; gives those of both."""
    ours, theirs = set(portrait.rows), set(users)
    if len(users) != len(theirs):
        report.note(f"user_id: {len(users) - len(theirs)} rows repeated")
    for name, missing in (("missing", ours - theirs),
                          ("unknown", theirs - ours)):
        if missing:
            report.note(f"user_id: {len(missing)} {name}, such as "
                        + ", ".join(map(repr, sorted(missing)[:5])))


def compare_obs(report, portrait, frame, only_known):
    """Every column of /obs."""
    users = frame.index()
    compare_users(report, portrait, users)
    both = [(i, u) for i, u in enumerate(users) if u in portrait.rows]
    rows = [portrait.rows[u] for _, u in both]
    for name, kind in portrait.wanted.items():
        if not frame.has(name):
            report.note(f"{name}: not in the file")
            continue
        found, values = frame.column(name)
        if not same_type(kind, found):
            report.note(f"{name}: type {found}, expected {kind}")
        report.column(name, kind, [u for _, u in both],
                      [row[name] for row in rows],
                      [values[i] for i, _ in both])
    if not only_known:
        for name in frame.order:
            if frame.family(name) in UNKNOWN_FAMILIES:
                continue
            if name not in portrait.wanted and name != frame.index_name:
                report.note(f"{name}: a column no oracle knows"
                            if name not in portrait.columns
                            else f"{name}: not asked for")
    return users


def compare_obsm(report, portrait, file, users):
    """The two histograms."""
    for name in ("hour_histogram", "weekday_histogram"):
        if not is_wanted(portrait.job, name, "activity"):
            if "obsm/" + name in file:
                report.note(f"/obsm/{name}: not asked for")
            continue
        if "obsm/" + name not in file:
            report.note(f"/obsm/{name}: not in the file")
            continue
        kind, matrix = dense(file["obsm/" + name])
        if kind != "f32":
            report.note(f"/obsm/{name}: type {kind}, expected f32")
        ours = portrait.histogram(name)
        both = [(u, row) for u, row in zip(users, matrix) if u in ours]
        report.column("/obsm/" + name, "f32",
                      [(u, i) for u, row in both for i in range(len(row))],
                      [x for u, _ in both for x in ours[u]],
                      [x for _, row in both for x in row])


def find_frame(report, file, path):
    """A table of the file, None (and a note) where it is not there."""
    if path not in file:
        report.note(f"/{path}: not in the file")
        return None
    return Frame(file[path])


def compare_table(report, path, frame, keys, ours, names):
    """Rows found by key; only the oracle's rows and columns count."""
    lacking = [n for n in (*keys, *names) if not frame.has(n)]
    for name in lacking:
        report.note(f"/{path}/{name}: not in the file")
    if set(lacking) & set(keys):
        return
    rows = {tuple(r[k] for k in keys): r
            for r in frame.records((*keys, *names))}
    missing = [key for key in ours if key not in rows]
    if missing:
        report.note(f"/{path}: {len(missing)} rows not in the file, such as "
                    + str(missing[:5])[:400])
    for name in names:
        if name in lacking:
            continue
        kind = LOOSER.get(name) or frame.column(name)[0]
        keys_both = [key for key in ours if key in rows]
        report.column(f"/{path}/{name}", kind, keys_both,
                      [ours[key][name] for key in keys_both],
                      [rows[key][name] for key in keys_both])


def summary_columns(job):
    """Those of SUMMARY that the windows allow."""
    if 365 in job.windows:
        return SUMMARY
    return [n for n in SUMMARY
            if "365d" not in n and n != "active_days_mean"]


def compare_segments(report, portrait, file):
    """summary, tgi and hours. Of some columns alone not all tables, and
    not all columns of the summary, can be made: then those which are
    there are compared."""
    rows, tags, some = portrait.rows, portrait.tags, portrait.job.globs
    mine = portrait.job_segments
    tables = (
        ("summary", ("segment",), summary_columns(portrait.job),
         lambda: {(k,): v for k, v
                  in segments.summary(rows, tags, mine).items()}),
        ("tgi", ("segment", "tag", "label"), TGI,
         lambda: segments.tgi(rows, tags, mine)),
        ("hours", ("segment", "weekday", "hour"), ("events",),
         lambda: segments.hours(rows, tags, mine)))
    for name, keys, names, make in tables:
        path = "uns/segments/" + name
        if some and path not in file and (name != "tgi" or not tags):
            continue
        frame = find_frame(report, file, path)
        if frame and some:
            names = [n for n in names if frame.has(n)]
        if frame:
            compare_table(report, path, frame, keys, make(), names)
            if name == "tgi":
                check_q(report, frame)


def check_q(report, frame):
    """q follows from the z of all rows of the file's own table."""
    if not (frame.has("z") and frame.has("q")):
        report.note("/uns/segments/tgi/q: not in the file")
        return
    z = [None if is_absent(v) else v for v in frame.column("z")[1]]
    q = frame.column("q")[1]
    report.cells("/uns/segments/tgi/q", (
        (i, a, b, is_absent(b) if a is None else
         not is_absent(b) and abs(a - b) <= 1e-6 * max(abs(a), 1e-30))
        for i, (a, b) in enumerate(
            zip(segments.benjamini_hochberg(z), q))))


def compare_quality(report, portrait, file):
    """The accounting of lines."""
    frame = find_frame(report, file, "uns/quality/rejects")
    if frame:
        rows = {(r["reason"], r["source"]): r["lines"] for r in
                frame.records(("reason", "source", "lines"))}
        ours = portrait.intake.rejects
        report.cells("/uns/quality/rejects", (
            (key, ours.get(key, 0), rows.get(key, 0),
             ours.get(key, 0) == rows.get(key, 0))
            for key in sorted(set(rows) | set(ours))))
    frame = find_frame(report, file, "uns/quality/lines")
    if frame:
        table = {(k,): v for k, v in portrait.intake.line_table().items()}
        compare_table(report, "uns/quality/lines", frame, ("source",),
                      table, LINE_COUNTS)


def compare(portrait, path, only_known):
    """Compare everything; True where all is equal."""
    report = Report()
    with h5py.File(path, "r") as file:
        clv.forecast(report, portrait, file)
        worth = value.forecast(portrait, file)
        users = compare_obs(report, portrait, Frame(file["obs"]), only_known)
        compare_obsm(report, portrait, file, users)
        compare_sparse.compare(report, portrait, file, users)
        compare_segments(report, portrait, file)
        compare_tables.compare(report, portrait, file)
        value.compare(report, worth, file)
        compare_quality(report, portrait, file)
    verdict = f"{report.different} differences" if report.different \
        else "equal"
    print(f"oracle: {report.columns} columns, {len(portrait.rows)} users: "
          f"{verdict}")
    sys.stdout.flush()
    return not report.different
