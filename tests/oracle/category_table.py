"""category_table_* of section 3: users x leaf categories (README E12)."""

from fractions import Fraction

from consumption import currency
from exact import median

KINDS = {"events": "u32", "purchases": "u32", "amount": "f64",
         "first": "i64", "last": "i64", "cycle_days": "f32",
         "due_in_days": "f32", "regular": "bool"}


def cycle_of(days, usual):
    """(cycle, regular) of some purchase days."""
    gaps = [b - a for a, b in zip(days, days[1:])]
    if not gaps:
        return None, False
    middle = median(gaps)
    deviation = median([abs(g - middle) for g in gaps])
    if len(gaps) == 1:
        return (middle + 3 * usual) / 4, False
    return middle, deviation / middle <= Fraction(1, 2)


def cells(events, usual, clock):
    """{category: its cells} of one user."""
    by_category = {}
    for event in events:
        if event.category is not None:
            by_category.setdefault(event.category, []).append(event)
    found = {}
    for category, mine in by_category.items():
        bought = [e for e in mine if e.type == "purchase"]
        days = sorted({e.day for e in bought})
        cycle, regular = cycle_of(days, usual)
        found[category] = {
            "events": len(mine), "purchases": len(bought),
            "amount": currency(sum(e.amount for e in bought)),
            "first": bought[0].time if bought else 0,
            "last": bought[-1].time if bought else 0,
            "cycle_days": cycle,
            "due_in_days": None if cycle is None
            else cycle - clock.since(days[-1]),
            "regular": regular}
    return found


def matrices(users, usual, clock):
    """{name: (type, {user: {category: value}})}."""
    table = {name: {} for name in KINDS}
    for user, events in users.items():
        for category, row in cells(events, usual, clock).items():
            for name, value in row.items():
                table[name].setdefault(user, {})[category] = value
    return {"category_table_" + name: (KINDS[name], matrix)
            for name, matrix in table.items()}
