"""Section 7 of the catalogue: value and lifecycle (README V).

Who has a truncated history is the file's own tag `history`; all else is
worked out here, from the purchases and visits of each user.
"""

from bisect import bisect_left, bisect_right
from fractions import Fraction

import numpy as np

from consumption import currency
from exact import median, quantile

TAGS = ("rfm_octant", "rfm_segment", "value_tier", "loyalty", "lifecycle",
        "visit_state", "is_core", "is_loyal", "role", "aipl", "vip")
COLUMNS = [("rfm_recency", "i32?"), ("rfm_frequency", "u16?"),
           ("rfm_monetary", "f64"), ("rfm_r", "u8?"), ("rfm_f", "u8?"),
           ("rfm_m", "u8?"), ("rfm_score", "u16?"), ("value_decile", "u8?")]
AWARE = {"view", "message_sent", "message_delivered", "message_open",
         "message_click", "message_bounce"}
INTEREST = {"search", "click", "favorite", "cart_add"}
OCTANT = ("win_back", "keep", "develop", "value")   # 2 R + F
LORENZ = 20


def value_columns():
    found = list(COLUMNS)
    for tag in TAGS:
        found += [(tag, "cat"), (tag + "_index", "f32"),
                  (tag + "_evidence", "u32")]
    return found


def user_facts(row, events, job, clock):
    """What of one user is needed; the columns come with the others."""
    row.update((name, 0 if name.endswith("_evidence") else None)
               for name, _ in value_columns())
    days = sorted({day for day, *_ in row["_purchases"]})
    gaps = [(b, b - a) for a, b in zip(days, days[1:])]
    length = job.rfm_window

    def recent(day, n):
        return n is None or clock.since(day) < n

    row["_value"] = {
        "days": days,
        "year": sum(recent(d, 365) for d in days),
        "gap": max([g for d, g in gaps if recent(d, 90)], default=0),
        "first": clock.since(days[0]) if days else None,
        "since": clock.since(days[-1]) if days else None,
        "f": sum(recent(d, length) for d in days),
        "m": sum(a for d, a in row["_net_terms"] if recent(d, length)),
        "rfm_n": sum(recent(d, length) for d, *_ in row["_purchases"]),
        "net": sum(a for _, a in row["_net_terms"]),
        "interest": sum(e.type in INTEREST for e in events),
        "aware": sum(e.type in AWARE for e in events),
        "early": any(e.type == "register" for e in events)
        and min(e.time for e in events if e.type == "register"),
        "month": sum(recent(d, 30) for d in row["_visit_days"]),
    }


def put(row, name, label, index, evidence):
    row[name] = label
    row[name + "_index"] = index if label is not None else None
    row[name + "_evidence"] = evidence


def ranks(values):
    """prank of each of some exact values."""
    order = sorted(values)
    return [Fraction(bisect_left(order, v) + bisect_right(order, v),
                     2 * len(order)) for v in values]


def cuts(values, parts):
    """Which part each value is in, 1 to parts; right-closed type 7."""
    limits = [quantile(values, Fraction(i, parts)) for i in range(1, parts)]
    return [1 + bisect_left(limits, v) for v in values]


class Value:
    """All rows against each other."""

    def __init__(self, portrait, history):
        self.rows = list(portrait.rows.values())
        self.users = list(portrait.rows)
        self.job, self.history = portrait.job, history
        self.log_start = portrait.intake.log_start
        self.gini = self.lorenz = None
        self.scores()
        self.worth()
        self.loyalty()
        self.core()
        usual = [g for g in (r["_gap_median"] for r in self.rows) if g]
        self.usual = median(usual) if usual else Fraction(30)
        gaps = [self.visit_gap(r)[0] for r in self.rows
                if len(r["_visit_days"]) > 1]
        self.visits = median(gaps) if gaps else 0
        for user, row in zip(self.users, self.rows):
            self.lifecycle(row, self.truncated(user, row))
            self.visit_state(row)
            self.stages(row)

    def truncated(self, user, row):
        if self.history is not None:
            return self.history.get(user) == "truncated"
        early = row["_value"]["early"]
        return early is not False and early < self.log_start

    def scores(self):
        rows = [r for r in self.rows if r["_value"]["f"]]
        for row in self.rows:
            put(row, "rfm_octant", None, None, 0)
            put(row, "rfm_segment", None, None, 0)
            for tag in ("rfm_octant", "rfm_segment"):
                row[tag + "_evidence"] = row["_value"]["rfm_n"]
        if not rows:
            return
        since, often, money = ([r["_value"][k] for r in rows]
                               for k in ("since", "f", "m"))
        marks = [[6 - s for s in cuts(since, 5)], cuts(often, 5),
                 cuts(money, 5)]
        place = [ranks([-s for s in since]), ranks(often), ranks(money)]
        limit = [self.threshold(v, key, scale) for v, key, scale in (
            (since, "recency", 1), (often, "frequency", 1),
            (money, "monetary", 10_000))]
        for i, row in enumerate(rows):
            r, f, m = (mark[i] for mark in marks)
            row.update(rfm_recency=since[i], rfm_frequency=often[i],
                       rfm_monetary=currency(money[i]), rfm_r=r, rfm_f=f,
                       rfm_m=m, rfm_score=100 * r + 10 * f + m)
            n = row["_value"]["rfm_n"]
            kind = OCTANT[2 * (since[i] < limit[0]) + (often[i] > limit[1])]
            head = "key_" if money[i] > limit[2] else "general_"
            put(row, "rfm_octant", head + kind,
                sum(p[i] for p in place) / 3, n)
            put(row, "rfm_segment", segment(r, f, m),
                Fraction(r + f + m, 15), n)

    def threshold(self, values, key, scale):
        how = self.job.octant[key]
        if how == "mean":
            return Fraction(sum(values), len(values))
        return median(values) if how == "median" else Fraction(how) * scale

    def worth(self):
        rows = [r for r in self.rows if r["_value"]["net"] > 0]
        for row in self.rows:
            put(row, "value_tier", "C", 0, len(row["_purchases"]))
        if not rows:
            return
        money = [r["_value"]["net"] for r in rows]
        total, order = sum(money), sorted(money, reverse=True)
        # Strictly larger: up to where the amount itself begins.
        before = dict(zip(reversed(order), reversed(
            [0] + np.cumsum(np.array(order, dtype=object)).tolist()[:-1])))
        place, part = ranks(money), cuts(money, 10)
        a, b = self.job.tiers
        for row, x, p, d in zip(rows, money, place, part):
            larger = Fraction(before[x], total)
            row["value_decile"] = d
            put(row, "value_tier",
                "A" if larger < a else "B" if larger < b else "C", p,
                len(row["_purchases"]))
        self.curve(sorted(money), total)

    def curve(self, order, total):
        """Gini by the mean difference, and the curve by interpolation."""
        n = len(order)
        self.gini = (n, total / 10_000, float(Fraction(
            sum((2 * i - n + 1) * x for i, x in enumerate(order)),
            n * total)))
        sums = [0]
        for x in order:
            sums.append(sums[-1] + x)
        steps = [Fraction(n * i, LORENZ) for i in range(LORENZ)]
        self.lorenz = [
            (sums[int(k)] + (k - int(k)) * order[int(k)]) / total
            for k in steps] + [1]

    def loyalty(self):
        buyers = [r for r in self.rows if r["_value"]["days"]]
        years = [r["_value"]["year"] for r in buyers]
        q, least = self.job.loyal
        n = max(least, quantile(years, q)) if buyers else least
        for row in self.rows:
            number = len(row["_purchases"])
            put(row, "loyalty", None, None, number)
            put(row, "is_loyal", None, None, number)
        for row, year in zip(buyers, years):
            regular = row["regularity"]
            if regular is None:
                regular = Fraction(1, 2)
            else:
                regular = Fraction(float(np.float32(float(regular))))
            index = min(1, year / Fraction(n)) * (1 + regular) / 2
            number, yes = len(row["_purchases"]), year > n
            put(row, "loyalty", "loyal" if yes else "not_yet", index, number)
            put(row, "is_loyal", "yes" if yes else "no", 1, number)

    def core(self):
        years = [r["_value"]["year"] for r in self.rows
                 if r["_value"]["days"]]
        months = [r["_value"]["month"] for r in self.rows
                  if r["_visit_days"]]
        q = self.job.core
        often = quantile(years, q) if years else 0
        seen = quantile(months, q) if months else 0
        for row in self.rows:
            v = row["_value"]
            yes = bool(v["days"] and row["_visit_days"]
                       and v["year"] >= often
                       and v["since"] <= 30
                       and v["month"] >= seen)
            number = len(row["_purchases"])
            put(row, "is_core", "yes" if yes else "no", 1, number)
            role = None
            if yes:
                role = "core"
            elif row["is_loyal"] == "yes":
                role = "loyal"
            elif v["year"]:
                role = "ordinary"
            put(row, "role", role, 1, number)

    def lifecycle(self, row, truncated):
        v, number = row["_value"], len(row["_purchases"])
        if not v["days"]:
            put(row, "lifecycle", "prospect", None, 0)
            return
        length = row["_gap_median"]
        if length is None:
            length = self.usual
        elif row["_gaps"] == 1:
            length = (length + 3 * self.usual) / 4
        length = max(Fraction(30), Fraction(length))
        c = v["since"] / length
        label = None
        if v["first"] <= 30:
            label = None if truncated else "new"
        elif c <= 1.5 and v["gap"] > 3 * length:
            label = "returned"
        elif len(v["days"]) == 1 and c <= 3:
            label = None if truncated else "one_off"
        elif c <= 1.5:
            label = "active"
        else:
            label = "sleeping" if c <= 3 else "lost"
        put(row, "lifecycle", label, min(1, c / 3), number)

    @staticmethod
    def visit_gap(row):
        days = row["_visit_days"]
        gaps = [b - a for a, b in zip(days, days[1:])]
        return (median(gaps) if gaps else None), len(gaps)

    def visit_state(self, row):
        n, d = len(row["_visit_days"]), row["days_since_active"]
        if not n:
            put(row, "visit_state", "never", None, 0)
            return
        gap, gaps = self.visit_gap(row)
        v = max(30, 3 * (gap if gaps >= 2 else self.visits))
        label = "active" if 3 * d <= v else "sleeping" if d <= v else "lost"
        put(row, "visit_state", label, min(1, Fraction(d) / v), n)

    @staticmethod
    def stages(row):
        v, number = row["_value"], len(row["_purchases"])
        if number:
            put(row, "aipl", "loyalty" if v["year"] >= 2 else "purchase", 1,
                number)
        elif v["interest"]:
            put(row, "aipl", "interest", 1, v["interest"])
        else:
            put(row, "aipl", "awareness" if v["aware"] else None, 1,
                v["aware"])
        put(row, "vip", "yes" if row["value_decile"] == 10 else "no", 1,
            number)


def segment(r, f, m):
    """Named by the three scores."""
    if r <= 2:
        if r == 1 and min(f, m) >= 4:
            return "cannot_lose"
        if r == 2 and max(f, m) <= 2:
            return "about_to_sleep"
        if max(f, m) >= 3:
            return "at_risk"
        return "hibernating" if max(f, m) == 2 else "lost"
    if r >= 4 and min(f, m) >= 4:
        return "champions"
    if min(f, m) >= 3:
        return "loyal"
    if r == 3:
        return "needs_attention" if f >= 2 else "about_to_sleep"
    if f == 1:
        return "new" if r == 5 else "promising"
    return "potential_loyalist"


def history(file):
    """{user: label} of the file's tag, None where it has none."""
    from h5ad import Frame
    frame = Frame(file["obs"])
    if not frame.has("history"):
        return None
    return dict(zip(frame.index(), frame.column("history")[1]))


def forecast(portrait, file):
    """Fills the columns of all rows."""
    return Value(portrait, history(file))


def close(ours, theirs):
    return abs(float(ours) - theirs) <= 1e-9 * max(1, abs(float(ours)))


def compare(report, value, file):
    """The tables gini, lorenz and loyal_core, where they are there."""
    from h5ad import Frame
    if "uns/value/gini" in file and value.gini:
        row = list(Frame(file["uns/value/gini"]).records(
            ("users", "net_spend", "gini")))[0]
        names = ("users", "net_spend", "gini")
        report.cells("/uns/value/gini", (
            (n, a, row[n], close(a, row[n]))
            for n, a in zip(names, value.gini)))
    if "uns/value/lorenz" in file and value.lorenz:
        rows = list(Frame(file["uns/value/lorenz"]).records(
            ("users", "net_spend")))
        report.cells("/uns/value/lorenz", (
            (i, a, r["net_spend"], close(a, r["net_spend"])
             and close(Fraction(i, LORENZ), r["users"]))
            for i, (a, r) in enumerate(zip(value.lorenz, rows))))
        if len(rows) != LORENZ + 1:
            report.note(f"/uns/value/lorenz: {len(rows)} rows")
    if "uns/value/loyal_core" in file:
        rows = Frame(file["uns/value/loyal_core"]).records(
            ("is_loyal", "is_core", "users"))
        report.cells("/uns/value/loyal_core", (
            ((r["is_loyal"], r["is_core"]), n, r["users"], n == r["users"])
            for r in rows for n in [sum(
                x["is_loyal"] == r["is_loyal"]
                and x["is_core"] == r["is_core"] for x in value.rows)]))
