"""Section 4 of the catalogue: preference (README P)."""

import math
import re
from fractions import Fraction

from activity import put_tag, sessions_of
from carts import is_below
from exact import decay, ratio
from windows import modal

UNIT = 2 ** 32
FIELDS = ("category", "brand", "style", "topic")
DEMAND_DAYS, DEMAND_HALF_LIFE, DEMAND_SCALE = 14, 7, 8
STYLES = ("business", "sports_fashion", "cotton_linen", "urban_nature",
          "avant_garde", "haute_couture")
TAGS = {"top_category": None, "top_brand": None, "top_topic": None,
        "click_category": None, "style_wear": STYLES}


def sums(events, field, clock, job, only=None):
    """({value: S_uc > 0}, {value: events behind it}) of one user."""
    found, counts = {}, {}
    for event in events:
        value, weight = getattr(event, field), job.weights.get(event.type)
        if not weight or value is None or only not in (None, event.type):
            continue
        found[value] = found.get(value, 0) + weight * decay(
            clock.since(event.day), job.half_lives[event.type])
        counts[value] = counts.get(value, 0) + 1
    return {v: s for v, s in found.items() if s > 0}, counts


class Interest:
    """One matrix of interests: S of all users, then the stored values."""

    def __init__(self, per_user, shrink):
        self.prior_mass = shrink * UNIT
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
        return Fraction(self.prior_mass, self.prior_mass
                        + sum(self.sums[user].values()))

    def row(self, user):
        """{value: what is stored} of one user."""
        bottom = sum(self.sums[user].values()) + self.prior_mass
        return {value: (s + self.prior_mass * self.share(value)) / bottom
                for value, s in self.sums[user].items()}

    def matrix(self):
        return "f32", {u: self.row(u) for u, s in self.sums.items() if s}

    def ranked(self, user):
        """[(value, stored)], the largest first, ties by name."""
        return sorted(self.row(user).items(),
                      key=lambda pair: (-pair[1], pair[0].encode()))


def demand_terms(events, job):
    """(category, event) of what category_demand sums: a search stands
    for the next view or click of its session."""
    for event in events:
        if event.type == "cart_add":
            yield event.category, event
    visits = [e for e in events if job.is_visit(e.type)]
    for session in sessions_of(visits, job.session_gap):
        waiting = []
        for event in session:
            if event.type == "search":
                waiting.append(event)
            elif event.type in ("view", "click"):
                yield from ((event.category, w) for w in waiting)
                waiting = []


def demand(events, job, clock):
    """category_demand of one user: {category: value}."""
    found = {}
    for category, event in demand_terms(events, job):
        weight = job.weights.get(event.type, 0)
        if category is not None and clock.inside(event.day, DEMAND_DAYS):
            found[category] = found.get(category, 0) + weight * decay(
                clock.since(event.day), DEMAND_HALF_LIFE)
    return {c: -math.expm1(-s / UNIT / DEMAND_SCALE)
            for c, s in found.items() if s > 0}


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


def style_label(style):
    """A style as one of the labels of style_wear is written."""
    return re.sub("[ -]", "_", style.lower())


def put_top(row, name, interest, user):
    """A top_* tag with its lift."""
    ranked = interest.ranked(user)
    if name == "style_wear":
        ranked = [p for p in ranked if style_label(p[0]) in STYLES]
    value, index = ranked[0] if ranked else (None, None)
    label = style_label(value) if value and name == "style_wear" else value
    put_tag(row, name, label, index,
            interest.counts[user][value] if ranked else 0)
    row[name + "_lift"] = ratio(index, interest.share(value)) \
        if ranked else None


def takes_back(event, purchase):
    """Whether a return names a purchase's order (and no other item), or
    no order and its item."""
    if event.order:
        return event.order == purchase.order \
            and event.item in (None, purchase.item)
    return event.item is not None and event.item == purchase.item


def not_returned(events, roots):
    """The purchases with a size in some categories, but for those that
    later returns take back: without an order the last one of the item."""
    kept = []
    for event in events:
        if event.type == "purchase" and event.size is not None \
                and is_below(event.category, roots):
            kept.append(event)
        elif event.type == "return":
            mine = [p for p in kept if takes_back(event, p)]
            gone = mine if event.order else mine[-1:]
            kept = [p for p in kept if p not in gone]
    return kept


def put_sizes(row, events, job):
    """size_{garment}."""
    kept = not_returned(events, sum(job.sizes.values(), []))
    for garment, roots in job.sizes.items():
        mine = [(e.size, e.time) for e in kept
                if is_below(e.category, roots)]
        label, count = modal(mine)
        put_tag(row, "size_" + garment, label, ratio(count, len(mine)),
                len(mine))


def tags(job):
    """{tag: labels, None where open}."""
    return {**TAGS, **{"size_" + g: None for g in job.sizes}}


def columns(job):
    """[(name, type)] of /obs."""
    found = [(f"{what}_top_{i}", "cat") for what in ("category", "brand")
             for i in (1, 2, 3)]
    found += [("category_interest_prior", "f32"),
              ("category_entropy", "f32")]
    found += [(name + "_lift", "f32") for name in TAGS]
    for name in tags(job):
        found += [(name, "cat"), (name + "_index", "f32"),
                  (name + "_evidence", "u32")]
    return found


def finish(portrait):
    """The columns and matrices of all users."""
    users, rows = portrait.intake.users, portrait.rows
    job, clock = portrait.job, portrait.clock

    def interest(field, only=None):
        return Interest({u: sums(events, field, clock, job, only)
                         for u, events in users.items()}, job.shrink)

    found = {name: interest(name) for name in FIELDS}
    for name in FIELDS:
        portrait.sparse[name + "_interest"] = found[name].matrix()
    portrait.sparse["category_demand"] = "f32", {
        u: mine for u, events in users.items()
        for mine in [demand(events, job, clock)] if mine}
    by_tag = {"top_category": found["category"], "top_brand": found["brand"],
              "top_topic": found["topic"], "style_wear": found["style"],
              "click_category": interest("category", "click")}
    for user, row in rows.items():
        for name, matrix in by_tag.items():
            put_top(row, name, matrix, user)
        for what in ("category", "brand"):
            names = [v for v, _ in found[what].ranked(user)][:3]
            for i, value in enumerate(names + [None] * (3 - len(names))):
                row[f"{what}_top_{i + 1}"] = value
        row["category_interest_prior"] = found["category"].prior(user)
        row["category_entropy"] = entropy(users[user])
        put_sizes(row, users[user], job)
