"""Section 4 of the catalogue: preference (README P)."""

import math
from fractions import Fraction

from activity import put_tag, sessions_of
from exact import decay, ratio

WEIGHTS = {"view": 1, "click": 1, "search": 2, "favorite": 3, "follow": 3,
           "cart_add": 4, "order": 5, "purchase": 8, "return": -4}
HALF_LIVES = {"view": 30, "click": 30, "search": 30, "favorite": 60,
              "follow": 60, "cart_add": 60, "order": 180, "purchase": 180,
              "return": 180}
SHRINK = 5
UNIT = 2 ** 32
DEMAND_DAYS, DEMAND_HALF_LIFE, DEMAND_SCALE = 14, 7, 8
STYLES = ("business", "sports_fashion", "cotton_linen", "urban_nature",
          "avant_garde", "haute_couture")
TAGS = {"top_category": None, "top_brand": None, "top_topic": None,
        "click_category": None, "style_wear": STYLES}


def weight_of(event, clock, half_lives):
    """An event's action weight, decayed, in 2^-32."""
    return WEIGHTS[event.type] * decay(clock.since(event.day),
                                       half_lives[event.type])


def sums(events, field, clock, half_lives, types=WEIGHTS):
    """({value: S_uc > 0}, {value: events behind it}) of one user."""
    found, counts = {}, {}
    for event in events:
        value = getattr(event, field)
        if event.type in types and value is not None:
            found[value] = found.get(value, 0) + weight_of(
                event, clock, half_lives)
            counts[value] = counts.get(value, 0) + 1
    return {v: s for v, s in found.items() if s > 0}, counts


class Interest:
    """One matrix of interests: S of all users, then the stored values."""

    def __init__(self, per_user):
        self.sums = {u: s for u, (s, _) in per_user.items()}
        self.counts = {u: c for u, (_, c) in per_user.items()}
        self.totals = {}
        for mine in self.sums.values():
            for value, s in mine.items():
                self.totals[value] = self.totals.get(value, 0) + s
        self.everything = sum(self.totals.values())

    def share(self, value):
        """P_c."""
        return Fraction(self.totals[value], self.everything)

    def prior(self, user):
        """m / (S_u + m)."""
        return SHRINK * UNIT / Fraction(
            sum(self.sums[user].values()) + SHRINK * UNIT)

    def row(self, user):
        """{value: what is stored} of one user."""
        bottom = sum(self.sums[user].values()) + SHRINK * UNIT
        return {value: (s + SHRINK * UNIT * self.share(value)) / bottom
                for value, s in self.sums[user].items()}

    def matrix(self):
        return "f32", {u: self.row(u) for u, s in self.sums.items() if s}

    def ranked(self, user):
        """[(value, stored)], the largest first, ties by name."""
        return sorted(self.row(user).items(),
                      key=lambda pair: (-pair[1], pair[0].encode()))


def demand(events, gap, clock, is_visit):
    """category_demand of one user: {category: value}."""
    found = {}

    def add(category, event):
        if category is not None and clock.inside(event.day, DEMAND_DAYS):
            found[category] = found.get(category, 0) + WEIGHTS[
                event.type] * decay(clock.since(event.day),
                                    DEMAND_HALF_LIFE)

    for event in events:
        if event.type == "cart_add":
            add(event.category, event)
    visits = [e for e in events if is_visit(e.type)]
    for session in sessions_of(visits, gap):
        waiting = []
        for event in session:
            if event.type == "search":
                waiting.append(event)
            elif event.type in ("view", "click"):
                for search in waiting:
                    add(event.category, search)
                waiting = []
    return {c: -math.expm1(-s / UNIT / DEMAND_SCALE)
            for c, s in found.items() if s}


def entropy(events):
    """Entropy of purchase + view shares by category, over its largest."""
    counts = {}
    for event in events:
        if event.type in ("view", "purchase") and event.category is not None:
            counts[event.category] = counts.get(event.category, 0) + 1
    total = sum(counts.values())
    if not total:
        return None
    if len(counts) == 1:
        return 0.0
    value = -math.fsum(n / total * math.log(n / total)
                       for n in counts.values())
    return value / math.log(len(counts))


def put_top(row, name, interest, user, labels=None):
    """A top_* tag with its lift."""
    ranked = [pair for pair in interest.ranked(user)
              if labels is None or pair[0] in labels]
    label, index = ranked[0] if ranked else (None, None)
    evidence = interest.counts[user][label] if ranked else 0
    put_tag(row, name, label, index, evidence)
    row[name + "_lift"] = ratio(index, interest.share(label)) \
        if ranked else None
    return [value for value, _ in ranked]
