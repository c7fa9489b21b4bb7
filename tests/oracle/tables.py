"""Tables of section 11 for `all` and the job file's segments (README F)."""

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from functools import lru_cache

from activity import weekday
from carts import FUNNEL_MS, HOUR_MS
from consumption import currency, net_terms
from exact import median, poisson_tail, ratio
from localtime import EPOCH_DAY
from segments import MAX_LABELS


LEAST_MEAN = Fraction(1, 16)    # so that no order is impossible
LAST_WEEK = 52


@lru_cache(maxsize=None)
def month_of(day):
    """Months since the year 0 of a local day."""
    found = date.fromordinal(day + EPOCH_DAY)
    return found.year * 12 + found.month - 1


def month_name(month):
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def day_name(day):
    return date.fromordinal(day + EPOCH_DAY).isoformat()


def top_part(category):
    return category.split(".")[0]


def funnel_closings(events, steps):
    """For each step None, or whether one of its events has all earlier
    steps before it inside 7 d, with the time of the first such event
    since the last event of the step before."""
    place = {name: i for i, name in enumerate(steps)}
    last, found = {}, [None] * len(steps)
    for event in events:
        step = place.get(event.type)
        if step is None:
            continue
        found[step] = found[step] or (False, None)
        if not found[step][0] and all(
                i in last and event.time - last[i] <= FUNNEL_MS
                for i in range(step)):
            found[step] = (True, event.time - last[step - 1] if step else 0)
        last[step] = event.time
    return found


def keep_for_tables(row, events, visits, orders, steps):
    """What the tables need of one user."""
    row["_visit_days"] = sorted({e.day for e in visits})
    row["_order_days"] = [o.first.day for o in orders]
    row["_purchases"] = [(e.day, e.category, e.amount) for e in events
                         if e.type == "purchase"]
    row["_net_terms"] = net_terms(events, orders)
    row["_funnel"] = funnel_closings(events, steps)


class Tables:
    """The tables of one portrait. Each gives {keys: row}."""

    def __init__(self, portrait):
        self.rows = portrait.rows
        self.segments = {"all": set(portrait.rows),
                         **portrait.job_segments}
        self.last_day = portrait.clock.last_day
        self.today = portrait.clock.zone.day(portrait.intake.as_of)
        self.first_day = portrait.clock.zone.day(portrait.intake.log_start)
        self.steps = portrait.steps

    def over(self, month):
        """Whether a month is over at T."""
        return month < month_of(self.today)

    def each(self, make):
        """One table out of those of the segments."""
        table = {}
        for name, users in self.segments.items():
            rows = [self.rows[u] for u in sorted(users, key=str.encode)]
            for key, row in make(rows):
                table[(name, *key)] = row
        return table

    def burst(self):
        return self.each(self.burst_rows)

    def burst_rows(self, rows):
        """Orders by day, against the same weekday around it."""
        counts = defaultdict(int)
        for row in rows:
            for day in row["_order_days"]:
                counts[day] += 1
        days = range(self.first_day, self.last_day + 1)
        for day in days:
            around = [counts[day + 7 * i] for i in range(-4, 5)
                      if i and day + 7 * i in days]
            n = counts[day]
            mean = ratio(sum(around), len(around))
            p = None
            if mean is not None:
                p = 1.0 if n <= mean else float(
                    poisson_tail(n, max(mean, LEAST_MEAN)))
            yield (day_name(day),), {
                "orders": n, "expected": mean,
                "excess": ratio(n, mean) - 1 if mean else None,
                "p": p, "burst": int(p is not None
                                     and p < 0.01 / len(days))}

    def cohorts(self):
        return self.each(self.cohort_rows)

    def cohort_rows(self, rows):
        """Buyers by month of their first purchase, month by month."""
        groups = defaultdict(list)
        for row in rows:
            if row["_purchases"]:
                groups[month_of(row["_purchases"][0][0])].append(row)
        for cohort, group in groups.items():
            active, buyers, spend, net = self.by_month(group)
            users, total = len(group), 0
            for month in range(cohort, month_of(self.last_day) + 1):
                over = self.over(month)
                total += net[month]
                yield (month_name(cohort), month - cohort), {
                    "users": users, "n_ready": users if over else 0,
                    "active": active[month], "buyers": buyers[month],
                    "spend": currency(spend[month]),
                    "net_spend": currency(net[month]),
                    "active_rate":
                        ratio(active[month], users) if over else None,
                    "net_spend_cumulative_per_user":
                        currency(total) / users if over else None}

    @staticmethod
    def by_month(group):
        """Visitors, buyers, spend and net spend of some rows by month."""
        active, buyers, spend, net = Counter(), Counter(), Counter(), \
            Counter()
        for row in group:
            active.update({month_of(d) for d in row["_visit_days"]})
            buyers.update({month_of(d) for d, *_ in row["_purchases"]})
            for day, _, amount in row["_purchases"]:
                spend[month_of(day)] += amount
            for day, amount in row["_net_terms"]:
                net[month_of(day)] += amount
        return active, buyers, spend, net

    def retention(self):
        return self.each(self.retention_rows)

    def retention_rows(self, rows):
        """Visitors by week of their first visit, week by week."""
        groups = defaultdict(list)
        for row in rows:
            if row["_visit_days"]:
                first = row["_visit_days"][0]
                groups[first - weekday(first)].append(row["_visit_days"])
        for cohort, group in groups.items():
            first = min(v[0] for v in group)
            weeks = min(LAST_WEEK, (self.today - 1 - first) // 7)
            for week in range(weeks + 1):
                yield (day_name(cohort), week), self.retention_row(
                    group, week)

    def retention_row(self, group, week):
        ready = [v for v in group if v[0] + 7 * week < self.today]
        on_day = sum(v[0] + 7 * week in v for v in ready)
        after = sum(v[-1] >= v[0] + 7 * week for v in ready)
        return {"users": len(group), "n_ready": len(ready),
                "on_day": on_day, "on_or_after": after,
                "on_day_rate": ratio(on_day, len(ready)),
                "on_or_after_rate": ratio(after, len(ready))}

    def funnel(self):
        return self.each(self.funnel_rows)

    def funnel_rows(self, rows):
        """Users by step, and those who closed it."""
        users, closed = [], []
        for step, name in enumerate(self.steps):
            mine = [r["_funnel"][step] for r in rows if r["_funnel"][step]]
            times = [t for is_closed, t in mine if is_closed]
            users.append(len(mine))
            closed.append(len(times))
            yield (step,), {
                "event": name, "users": users[-1], "closed": closed[-1],
                "rate_first": ratio(users[-1], users[0]),
                "closed_rate_first": ratio(closed[-1], closed[0]),
                "rate_previous": ratio(*users[-1:-3:-1]) if step else None,
                "closed_rate_previous":
                    ratio(*closed[-1:-3:-1]) if step else None,
                "hours_median": median(times) / HOUR_MS
                if step and times else None}

    def trend(self):
        labels = self.trend_labels()
        return self.each(lambda rows: self.trend_rows(rows, labels))

    def trend_labels(self):
        """The top categories that have rows of their own."""
        counts = defaultdict(int)
        for row in self.rows.values():
            for _, category, _ in row["_purchases"]:
                if category is not None:
                    counts[top_part(category)] += 1
        order = sorted(counts, key=lambda c: (-counts[c], c.encode()))
        return set(order[:MAX_LABELS])

    def trend_rows(self, rows, labels):
        """Purchases by top category and month, where there are any."""
        cells = defaultdict(lambda: [0, set(), 0])
        for i, row in enumerate(rows):
            for day, category, amount in row["_purchases"]:
                if category is None:
                    continue
                label = top_part(category)
                label = label if label in labels else "other"
                cell = cells[label, month_of(day)]
                cell[0] += 1
                cell[1].add(i)
                cell[2] += amount
        for (label, month), (number, buyers, spend) in cells.items():
            yield (label, month_name(month)), {
                "complete": int(self.over(month)), "purchases": number,
                "buyers": len(buyers), "spend": currency(spend)}

    def growth(self):
        return self.each(self.growth_rows)

    def growth_rows(self, rows):
        """Visitors by month, as the month before and earlier ones say."""
        months = [sorted({month_of(d) for d in r["_visit_days"]})
                  for r in rows]
        for month in range(month_of(self.first_day), month_of(self.last_day) + 1):
            counts = dict.fromkeys(
                ("new", "returning", "resurrected", "dormant"), 0)
            for mine in months:
                now, before = month in mine, month - 1 in mine
                if not now:
                    counts["dormant"] += before
                elif mine[0] == month:
                    counts["new"] += 1
                else:
                    counts["returning" if before else "resurrected"] += 1
            yield (month_name(month),), {
                "complete": int(self.over(month)), **counts}

    def overlap(self):
        """All pairs of the job file's segments."""
        mine = list(self.segments.items())[1:]
        return {(name, other): {
            "users": len(a & b), "users_segment": len(a),
            "users_other": len(b), "jaccard": ratio(len(a & b), len(a | b))}
            for i, (name, a) in enumerate(mine)
            for other, b in mine[i + 1:]}


KEYS = {"burst": ("segment", "day"),
        "cohorts": ("segment", "cohort", "months_since"),
        "retention": ("segment", "cohort", "week"),
        "funnel": ("segment", "step"),
        "trend": ("segment", "category", "month"),
        "growth": ("segment", "month"),
        "overlap": ("segment", "other")}
