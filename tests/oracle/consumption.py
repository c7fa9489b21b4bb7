"""Section 3 of the catalogue: consumption (README E)."""

from fractions import Fraction

from exact import MONEY, QUANTITY, mean, median, ratio
from windows import count_days, put_windows

RETURNS = ("return", "cancel", "reject")
HORIZONS = (30, 60, 90, 180)


class Order:
    """The purchases of one order_id, or one purchase without."""

    def __init__(self, key):
        self.key = key
        self.purchases = []

    @property
    def first(self):
        return self.purchases[0]

    @property
    def amount(self):
        return sum(p.amount for p in self.purchases)

    @property
    def has_amount(self):
        return any(p.known_amount for p in self.purchases)


def orders_of(purchases):
    """Orders in the order of their first purchases."""
    orders, by_id = [], {}
    for purchase in purchases:
        order = by_id.get(purchase.order) if purchase.order else None
        if order is None:
            order = Order(purchase.order)
            orders.append(order)
            if purchase.order:
                by_id[purchase.order] = order
        order.purchases.append(purchase)
    return orders


def net_terms(events, orders):
    """(day, amount) of what net_spend sums (E1)."""
    left = {o.key: o.amount for o in orders if o.key}
    refunded = {e.order for e in events if e.type == "refund" and e.order}
    terms = []
    for event in events:
        if event.type == "purchase":
            terms.append((event.day, event.amount))
        elif event.type == "refund":
            terms.append((event.day, -event.amount))
        elif event.type in RETURNS and event.order not in refunded:
            taken = event.amount
            if event.order in left:
                taken = min(taken, left[event.order])
                left[event.order] -= taken
            terms.append((event.day, -taken))
    return terms


def currency(value):
    """1/10,000 units to currency units, exact."""
    return None if value is None else Fraction(value) / MONEY


def put_money(row, prefix, clock, pairs):
    """Window sums in currency units."""
    sums = {}
    put_windows(sums, prefix, clock, pairs)
    row.update((name, currency(value)) for name, value in sums.items())


def spend_facts(row, events, purchases, orders, clock):
    """Orders, spend, items by window, and the trend."""
    put_windows(row, "orders", clock, [(o.first.day, 1) for o in orders])
    spend = [(p.day, p.amount) for p in purchases]
    put_money(row, "spend", clock, spend)
    put_money(row, "net_spend", clock, net_terms(events, orders))
    items = {}
    put_windows(items, "items", clock, [(p.day, p.quantity)
                                        for p in purchases])
    row.update((k, Fraction(v, QUANTITY)) for k, v in items.items())
    last = sum(a for day, a in spend if clock.between(day, 0, 90))
    prev = sum(a for day, a in spend if clock.between(day, 90, 180))
    row["spend_90d_prev"] = currency(prev)
    row["purchase_days_90d_prev"] = count_days(
        clock, [p.day for p in purchases], 90, 180)
    row["spend_trend"] = ratio(last - prev, last + prev)


def order_facts(row, orders, clock):
    """Values of orders, gaps between them, their hours."""
    values = [o.amount for o in orders if o.has_amount]
    for name, function in (("mean", mean), ("median", median),
                           ("min", min), ("max", max)):
        row["order_value_" + name] = currency(
            function(values) if values else None)
    row["_order_values"] = values
    days = [o.first.day for o in orders]
    row["second_order_days"] = days[1] - days[0] if len(days) > 1 else None
    row["third_order_days"] = days[2] - days[1] if len(days) > 2 else None
    hours = [o.first.hour for o in orders]
    row["orders_am"] = sum(h < 12 for h in hours)
    row["orders_pm"] = sum(h >= 12 for h in hours)
    row["_order_hours"] = [hours.count(h) for h in range(24)]
    row["coupon_orders"] = sum(
        any(p.coupon is not None for p in o.purchases) for o in orders)


def rhythm_facts(row, purchases, clock):
    """Purchase days: recency, frequency, repurchase, gaps."""
    days = sorted({p.day for p in purchases})
    gaps = [b - a for a, b in zip(days, days[1:])]
    row["days_since_purchase"] = clock.since(days[-1]) if days else None
    row["purchase_frequency"] = Fraction(
        30 * len(days), clock.since(days[0]) + 1) if days else None
    row["_gap_median"] = median(gaps) if gaps else None
    row["_gaps"] = len(gaps)
    mad = None
    if len(gaps) >= 3:
        middle = median(gaps)
        mad = median([abs(g - middle) for g in gaps])
        row["regularity"] = 1 - min(Fraction(1), mad / middle)
    else:
        row["regularity"] = None
    row["cycle_mad_days"] = mad
    for horizon in HORIZONS:
        value = None
        if days and days[0] + horizon <= clock.last_day:
            value = len(days) > 1 and gaps[0] <= horizon
        row[f"repurchase_{horizon}d"] = value


def return_facts(row, events, orders):
    """Returns, rejects, discounts and coupons."""
    def count(name):
        return sum(e.type == name for e in events)

    row["return_count"] = count("return")
    row["rejects"] = count("reject")
    row["coupon_get_count"] = count("coupon_get")
    row["coupon_use_count"] = count("coupon_use")
    returned = {e.order for e in events if e.type == "return" and e.order}
    row["_returned_orders"] = sum(o.key in returned for o in orders)
    row["_orders"] = len(orders)
    purchases = [e for e in events if e.type == "purchase"]
    saved = sum(e.saved for e in purchases)
    amount = sum(e.amount for e in purchases)
    row["discount_share"] = ratio(saved, amount + saved)


def first_purchase_facts(row, purchases):
    """Category, brand and channel of the first purchase event."""
    first = purchases[0] if purchases else None
    row["first_purchase_category"] = first.category if first else None
    row["first_purchase_brand"] = first.brand if first else None
    row["first_purchase_channel"] = first.channel if first else None


def user_facts(row, events, clock):
    """All of section 3 that needs no other user, but for carts.py."""
    purchases = [e for e in events if e.type == "purchase"]
    orders = orders_of(purchases)
    spend_facts(row, events, purchases, orders, clock)
    order_facts(row, orders, clock)
    rhythm_facts(row, purchases, clock)
    return_facts(row, events, orders)
    first_purchase_facts(row, purchases)
    return orders
