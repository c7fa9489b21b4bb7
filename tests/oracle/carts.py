"""Carts, searches and the funnel (README E8 to E11)."""

import bisect
from fractions import Fraction

from exact import median, ratio
from windows import modal

HOUR_MS = 3_600_000
FUNNEL_MS = 7 * 24 * HOUR_MS
SEARCH_MS = 24 * HOUR_MS


def follow_carts(events):
    """(open carts, hours of bought ones, number of opened ones)."""
    carts, bought, opened = {}, [], 0
    for event in events:
        if event.item is None:
            continue
        if event.type == "cart_add":
            if event.item not in carts:
                carts[event.item] = event
                opened += 1
        elif event.type in ("cart_remove", "purchase"):
            opening = carts.pop(event.item, None)
            if opening is not None and event.type == "purchase":
                bought.append(Fraction(event.time - opening.time, HOUR_MS))
    return carts, bought, opened


def is_below(category, roots):
    """Whether a category is one of the roots or below one."""
    return category is not None and any(
        category == root or category.startswith(root + ".")
        for root in roots)


def cart_facts(row, events, job, clock):
    """The columns of carts."""
    adds = [e for e in events if e.type == "cart_add"]
    row["cart_adds"] = len(adds)
    row["cart_removes"] = sum(e.type == "cart_remove" for e in events)
    carts, bought, opened = follow_carts(events)
    row["cart_submit_rate"] = ratio(len(bought), opened)
    row["cart_hours_median"] = median(bought) if bought else None
    row["cart_abandoned"] = sum(clock.as_of - e.time > job.cart_abandon
                                for e in carts.values())
    row["cart_category"] = modal([(e.category, e.time) for e in adds
                                  if e.category is not None])[0]
    row["essentials_in_cart"] = sum(is_below(e.category, job.essentials)
                                    for e in carts.values())


def search_facts(row, events, clock):
    """The columns of searches."""
    searches = [e for e in events if e.type == "search"]
    bought = [e.time for e in events if e.type == "purchase"]
    row["searches"] = len(searches)
    row["queries_distinct"] = len({e.query for e in searches
                                   if e.query is not None})
    results = [e.results for e in searches if e.results is not None]
    row["search_empty_rate"] = ratio(results.count(0), len(results))
    ready = [e.time for e in searches if e.time + SEARCH_MS <= clock.as_of]
    with_purchase = 0
    for time in ready:
        at = bisect.bisect_left(bought, time)
        with_purchase += at < len(bought) and bought[at] < time + SEARCH_MS
    row["search_purchase_rate"] = ratio(with_purchase, len(ready))


def funnel_depths(events, steps):
    """(deepest step, deepest with all earlier ones in 7 d), -1 for none.

    Only the last event of each earlier step matters: where that one is
    too old, all are.
    """
    place = {name: i for i, name in enumerate(steps)}
    last = {}
    deepest = closed = -1
    for event in events:
        step = place.get(event.type)
        if step is None:
            continue
        deepest = max(deepest, step)
        if all(i in last and event.time - last[i] <= FUNNEL_MS
               for i in range(step)):
            closed = max(closed, step)
        last[step] = event.time
    return deepest, closed


def funnel_facts(row, events, steps):
    """funnel_step and funnel_closed as labels."""
    for name, depth in zip(("funnel_step", "funnel_closed"),
                           funnel_depths(events, steps)):
        row[name] = steps[depth] if depth >= 0 else None


def user_facts(row, events, job, clock, steps):
    """The rest of section 3 for one user."""
    cart_facts(row, events, job, clock)
    search_facts(row, events, clock)
    funnel_facts(row, events, steps)
