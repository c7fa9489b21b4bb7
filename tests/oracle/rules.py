"""Expressions of the job file over the columns of a row (README H)."""

from bisect import bisect_left, bisect_right
from fractions import Fraction

import numpy as np


def stored(value, kind):
    """A cell as the file holds it: floats are rounded there."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if kind == "f32":
        return Fraction(float(np.float32(float(value))))
    return Fraction(float(value)) if kind == "f64" else Fraction(value)


class Reader:
    """The look-up of one user's columns for an expression."""

    def __init__(self, user, portrait):
        self.user = user
        self.row = portrait.rows[user]
        self.portrait = portrait

    def __call__(self, name):
        return stored(self.row[name], self.portrait.columns[name])

    def call(self, name, nodes):
        """Functions that need more than their arguments."""
        return getattr(self, name)(*nodes)

    def days_since(self, node):
        """Whole local days up to the last day."""
        time = node(self)
        if time is None:
            return None
        clock = self.portrait.clock
        return Fraction(clock.since(clock.zone.day(int(time))))

    def interest(self, what, label):
        """A stored value of category_interest and the like."""
        found = self.portrait.sparse[what(self) + "_interest"]
        return stored(found[1].get(self.user, {}).get(label(self)), "f32")

    def prank(self, node):
        """Rank among the users who have the value, 0 to 1."""
        mine = node(self)
        if mine is None:
            return None
        order = self.portrait.ordered(node)
        less, upto = bisect_left(order, mine), bisect_right(order, mine)
        return Fraction(less + upto, 2 * len(order))
