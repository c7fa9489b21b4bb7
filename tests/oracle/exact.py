"""Exact numbers: decimal text, money in 1/10,000, decay, quantiles."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
import re

MONEY = 10_000          # units of one currency unit
QUANTITY = 1_000        # units of one piece
LIMIT = 10 ** 11
NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", re.ASCII)


class BadNumber(ValueError):
    """A text that is no number, or one beyond the limit."""


@lru_cache(maxsize=200_000)
def parse_number(text):
    """Decimal text to an exact Fraction, |x| <= 1e11."""
    found = NUMBER.fullmatch(text)
    if not found or not (found[2] or found[3]):
        raise BadNumber
    digits = (found[2] + (found[3] or "")).lstrip("0")
    if not digits:
        return Fraction(0)
    exponent = int(found[4] or 0) - len(found[3] or "")
    # Far exponents are settled without building their digits.
    if len(digits) + exponent > 13:
        raise BadNumber
    if len(digits) + exponent < -30:
        return Fraction(0)
    value = Fraction(int(digits)) * Fraction(10) ** exponent
    if value > LIMIT:
        raise BadNumber
    return -value if found[1] == "-" else value


def divide_away(top, bottom):
    """Nearest integer of top / bottom (> 0), halves away from zero."""
    whole = (2 * abs(top) + bottom) // (2 * bottom)
    return -whole if top < 0 else whole


def round_away(value):
    """Nearest integer of a Fraction, halves away from zero."""
    return divide_away(value.numerator, value.denominator)


def to_money(value):
    """A Fraction of currency units to integer 1/10,000."""
    return divide_away(value.numerator * MONEY, value.denominator)


@lru_cache(maxsize=None)
def decay(days, half_life):
    """round(2^32 * 2^(-days/half_life)) as an integer."""
    with localcontext() as context:
        context.prec = 60
        value = Decimal(2) ** (32 - Decimal(days) / Decimal(half_life))
        return int(value.to_integral_value(rounding="ROUND_HALF_UP"))


def quantile(values, q):
    """Type 7 quantile of a list of exact numbers, as a Fraction."""
    ordered = sorted(values)
    position = (len(ordered) - 1) * Fraction(q)
    low = math.floor(position)
    rest = position - low
    result = Fraction(ordered[low])
    if rest:
        result += rest * (ordered[low + 1] - ordered[low])
    return result


def median(values):
    """Type 7 median, as a Fraction."""
    return quantile(values, Fraction(1, 2))


def mean(values):
    """Exact mean of a list that is not empty."""
    return Fraction(sum(values), len(values))


def ratio(top, bottom):
    """top / bottom, None over nobody."""
    return Fraction(top) / Fraction(bottom) if bottom else None


def shrunk(k, n, p0, m=5):
    """(k + m p0) / (n + m)."""
    return (k + m * p0) / Fraction(n + m)


def poisson_tail(k, mean_):
    """P(X >= k) for X ~ Poisson(mean), to 40 digits, as a Decimal."""
    with localcontext() as context:
        context.prec = 60
        lam = Decimal(mean_.numerator) / Decimal(mean_.denominator)
        term = (-lam).exp()
        for i in range(1, k + 1):
            term = term * lam / i
        total = Decimal(0)
        i = k
        while term > 0 and (total == 0 or term > total.scaleb(-45)):
            total += term
            i += 1
            term = term * lam / i
        return total
