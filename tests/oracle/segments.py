"""Tables summary, tgi and hours of section 11 (README F)."""

import math
from fractions import Fraction

from activity import TAGS
from clean import cut
from consumption import currency
from exact import mean, quantile, ratio

MAX_LABELS = 50
NONE = {}


def labels_of(rows, tag, closed):
    """{user: label} with the labels of a tag as segments know them."""
    found = {u: r[tag] for u, r in rows.items()}
    if closed is not None:
        return found, list(closed)
    counts = {}
    for label in found.values():
        if label is not None:
            counts[label] = counts.get(label, 0) + 1
    order = sorted(counts, key=lambda v: (-counts[v], v.encode()))
    if len(order) <= MAX_LABELS:
        return found, order
    kept = set(order[:MAX_LABELS])
    return ({u: v if v is None or v in kept else "other"
             for u, v in found.items()}, order[:MAX_LABELS] + ["other"])


def build(rows, tags, mine):
    """({(tag, label): set of users}, {tag: set of users known}); those of
    the job file are ("", name)."""
    segments = {("", ""): set(rows)}
    segments.update((("", name), users) for name, users in mine.items())
    known = {}
    for tag, closed in tags.items():
        found, labels = labels_of(rows, tag, closed)
        for label in labels:
            segments[tag, label] = {u for u, v in found.items()
                                    if v == label}
        known[tag] = {u for u, v in found.items() if v is not None}
    return segments, known


def segment_name(key):
    """Cut at 255 bytes between characters, like every text."""
    return cut(f"{key[0]}={key[1]}") if key[0] else key[1] or "all"


def summary_row(rows, users):
    """One row of summary without its keys. What it says of 365 d it has
    where that is one of the windows (F2)."""
    columns = next(iter(rows.values()))
    mine = [rows[u] for u in users]
    buyers = [r for r in mine if r["orders_all"] > 0]
    row = {"users": len(mine), "share": ratio(len(mine), len(rows)),
           "buyers": len(buyers)}
    for name in ("orders", "spend", "net_spend"):
        for window in ("365d", "all"):
            column = f"{name}_{window}"
            if column in columns:
                row[column] = sum((r[column] for r in mine), Fraction(0))
    net = [r["net_spend_all"] for r in buyers]
    row["net_spend_mean"] = mean(net) if net else None
    row["net_spend_median"] = quantile(net, Fraction(1, 2)) if net else None
    row["net_spend_p90"] = quantile(net, Fraction(9, 10)) if net else None
    values = [v for r in mine for v in r["_order_values"]]
    row["order_value_mean"] = currency(mean(values)) if values else None
    row["recency_mean"] = mean(
        [r["days_since_purchase"] for r in buyers]) if buyers else None
    if "active_days_365d" in columns:
        row["active_days_mean"] = mean(
            [r["active_days_365d"] for r in mine]) if mine else None
    return row


def summary(rows, tags=TAGS, mine=NONE):
    """{segment: row}."""
    table = {}
    for (tag, label), users in build(rows, tags, mine)[0].items() \
            if rows else ():
        row = {"tag": tag, "label": label if tag else ""}
        row.update(summary_row(rows, users))
        table[segment_name((tag, label))] = row
    return table


def tgi_row(k, n1, k_all, n):
    """p1, p, tgi, z of four counts; None where undefined."""
    row = {"k": k, "n1": n1, "k_all": k_all, "n": n,
           "p1": ratio(k, n1), "p": ratio(k_all, n),
           "tgi": None, "z": None}
    p1, p = row["p1"], row["p"]
    if n1 and p:
        row["tgi"] = 100 * p1 / p
        square = p * (1 - p) * (Fraction(1, n1) - Fraction(1, n))
        if square:
            row["z"] = float(p1 - p) / math.sqrt(square)
    return row


def tgi(rows, tags=TAGS, mine=NONE):
    """{(segment, tag, label): row} without q."""
    segments, known = build(rows, tags, mine)
    table = {}
    for key, users in segments.items():
        inside = {tag: len(users & known[tag]) for tag in tags}
        for (tag, label), others in segments.items():
            if tag and tag != key[0]:
                table[segment_name(key), tag, label] = tgi_row(
                    len(users & others), inside[tag], len(others),
                    len(known[tag]))
    return table


def benjamini_hochberg(scores):
    """q of z scores, None for None."""
    tests = sorted((math.erfc(abs(z) / math.sqrt(2)), i)
                   for i, z in enumerate(scores) if z is not None)
    found = [None] * len(scores)
    lowest = 1.0
    for rank in range(len(tests), 0, -1):
        p, i = tests[rank - 1]
        lowest = min(lowest, p * len(tests) / rank)
        found[i] = lowest
    return found


def hours(rows, tags=TAGS, mine=NONE):
    """{(segment, weekday, hour): events}."""
    table = {}
    for key, users in build(rows, tags, mine)[0].items():
        grid = [0] * 168
        for user in users:
            grid = [a + b for a, b in zip(grid, rows[user]["_grid"])]
        for cell, events in enumerate(grid):
            table[segment_name(key), cell // 24, cell % 24] = {
                "events": events}
    return table
