"""What of sections 2 and 3 needs all rows (README D8, E4, E6, E7)."""

from decimal import Decimal
from fractions import Fraction

from activity import lifestyle_tags
from exact import median, poisson_tail, ratio, shrunk

BURST = Decimal("0.01") / 24


def cycles(rows):
    """purchase_cycle_days and overdue; gives P."""
    medians = [r["_gap_median"] for r in rows.values() if r["_gaps"]]
    usual = median(medians) if medians else Fraction(30)
    for row in rows.values():
        cycle = row["_gap_median"]
        if row["_gaps"] == 1:
            cycle = (cycle + 3 * usual) / 4
        row["purchase_cycle_days"] = cycle
        row["overdue"] = ratio(row["days_since_purchase"], cycle) \
            if cycle else None
    return usual


def return_rates(rows):
    """return_rate."""
    total = sum(r["_orders"] for r in rows.values())
    p0 = ratio(sum(r["_returned_orders"] for r in rows.values()), total)
    for row in rows.values():
        n = row["_orders"]
        row["return_rate"] = shrunk(row["_returned_orders"], n, p0) \
            if n else None


def burst_hours(rows):
    """burst_hour."""
    totals = [sum(r["_order_hours"][h] for r in rows.values())
              for h in range(24)]
    for row in rows.values():
        row["burst_hour"] = burst_hour(row["_order_hours"], totals)


def burst_hour(hours, totals):
    """The hour with the smallest p under the limit, or None."""
    n = sum(hours)
    if n < 5:
        return None
    best, smallest = None, BURST
    for hour, k in enumerate(hours):
        expected = Fraction(n * totals[hour], sum(totals))
        if k <= expected:       # then p is above .3
            continue
        p = poisson_tail(k, expected)
        if p < smallest:
            best, smallest = hour, p
    return best


def finish(rows):
    """Fill in the columns that need the population; gives P."""
    usual = cycles(rows)
    return_rates(rows)
    burst_hours(rows)
    lifestyle_tags(rows)
    return usual
