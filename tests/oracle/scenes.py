"""Short lives of one user, each at the edges of one definition.

A scene gives dicts of the catalogue's fields with `time` in ms; T is the
end of the last day unless a job file says otherwise.
"""

from datetime import datetime, timezone

from job import TYPES

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
DAY = 24 * HOUR
T = int(datetime(2026, 3, 25, tzinfo=timezone.utc).timestamp()) * 1000
NUDGES = (0, 0, 0, -1, 1)
OTHER = ("wishlist", "Größe-Test!", "Add To List", "VIEW", "a/b", 'q"x')
STEPS = TYPES + list(OTHER)
AMOUNTS = ("1", "2.5", "0", "10", "0.0001", "0.00005", "3.3333", "1e1", "7",
           "-2", "-0.00004", "100000000000")
CHANNELS = ("email", "sms", "push", "Web", "短信")
CATEGORIES = ("food.tea", " food > coffee ", "food", "home/kitchen/kettles",
              "toys", "été.jouets", "..", "foodstuff", ". a . ", "x" * 260)
ZONES_DAYS = ("2025-03-09", "2025-03-30", "2025-04-06", "2025-10-05",
              "2025-10-26", "2025-11-02", "2026-03-08")


def refunds(rng):
    """Few orders, many events that take money back, equal times."""
    times = [T - rng.randrange(200) * DAY - rng.randrange(3) * HOUR
             for _ in range(6)]
    orders = ("o1", "o2", "o3", None)
    for _ in range(rng.randrange(3, 25)):
        name = rng.choice(("purchase", "purchase", "return", "cancel",
                           "reject", "refund", "return"))
        one = {"time": rng.choice(times), "event": name,
               "order_id": rng.choice(orders)}
        if rng.random() < .9:
            one["amount"] = rng.choice(AMOUNTS[:-1])
        if rng.random() < .2:
            one["price"] = rng.choice(AMOUNTS[:9])
            one["quantity"] = rng.choice(("1", "3", "-1", "0.0005", "2"))
            one["discount"] = rng.choice(("0", "1", "0.00005", "50"))
            one.pop("amount", None)
        if rng.random() < .3:
            one["received_at"] = one["time"] + rng.randrange(3) * SECOND
        yield one


def carts(rng):
    """Few items, adds and ends of carts, around 24 and 72 hours to T."""
    for _ in range(rng.randrange(2, 20)):
        yield {"time": T - rng.choice((24, 48, 72, 72, 96, 100, 500)) * HOUR
               + rng.choice(NUDGES),
               "event": rng.choice(("cart_add", "cart_add", "cart_add",
                                    "cart_remove", "purchase")),
               "item_id": rng.choice(("a", "b", "c", None)),
               "category": rng.choice(CATEGORIES + (None,)),
               "amount": rng.choice((None, "5", "-5", "0"))}


def funnel(rng):
    """Steps 3.5 and 7 days apart, give or take a millisecond."""
    start = T - rng.randrange(1, 60) * DAY - rng.randrange(DAY)
    names = ("view", "cart_add", "order", "purchase", "search", "wishlist",
             "Größe-Test!")
    for _ in range(rng.randrange(2, 15)):
        yield {"time": start + rng.randrange(5) * 7 * 12 * HOUR
               + rng.choice(NUDGES), "event": rng.choice(names)}


def searches(rng):
    """Purchases a day after a search, and searches a day before T."""
    for _ in range(rng.randrange(1, 8)):
        time = T - rng.choice((1, 1, 2, 5, 30)) * DAY + rng.choice(NUDGES)
        yield {"time": time, "event": "search",
               "query": rng.choice(("a", "A", " a ", "é", None, "")),
               "results": rng.choice((0, "0", "0.0", "-0", 3, None, "1e-3"))}
        if rng.random() < .7:
            yield {"time": time + rng.choice((0, -1, 1, DAY, DAY - 1,
                                              DAY + 1)),
                   "event": "purchase", "amount": rng.choice(("1", "-1"))}


def sessions(rng):
    """Runs of visits across midnight and changes of the clock."""
    day = datetime.fromisoformat(rng.choice(ZONES_DAYS)).replace(
        tzinfo=timezone.utc)
    start = int(day.timestamp()) * 1000 if rng.random() < .5 \
        else T - rng.randrange(1, 400) * DAY
    time = start + rng.randrange(-20, 20) * HOUR - 5 * MINUTE
    for _ in range(rng.randrange(1, 30)):
        time += rng.choice((0, 1, SECOND, 10 * MINUTE, 30 * MINUTE,
                            30 * MINUTE + 1, 30 * MINUTE - 1, 45 * SECOND,
                            2 * HOUR, 13 * HOUR, 10 * MINUTE + 1))
        yield {"time": time,
               "event": rng.choice(("view", "view", "click", "refund",
                                    "message_open", "wishlist", "login")),
               "session_id": rng.choice((None, None, None, "s1", "s2")),
               "channel": rng.choice(CHANNELS + (None, None)),
               "city": rng.choice(("Wien", "東京", None))}


def bursts(rng):
    """Many orders in few hours."""
    hours = rng.sample(range(24), rng.randrange(1, 4))
    for i in range(rng.randrange(3, 40)):
        hour = rng.choice(hours) if rng.random() < .7 else rng.randrange(24)
        yield {"time": T - rng.randrange(1, 300) * DAY + hour * HOUR,
               "event": "purchase", "amount": rng.choice(AMOUNTS[:4]),
               "order_id": rng.choice((None, f"b{i}", "b0", "b1"))}


def lifestyles(rng):
    """As many visits in each part of the week, or one more in one."""
    monday = T - rng.randrange(1, 20) * 7 * DAY - 2 * DAY
    each = rng.randrange(1, 4)
    for hour in (3, 10, 20, 5 * 24 + 12):
        for _ in range(each + (rng.random() < .1)):
            yield {"time": monday + hour * HOUR + rng.randrange(HOUR),
                   "event": rng.choice(("view", "share"))}


def currencies(rng):
    """Money in several currencies, with list prices and discounts."""
    for _ in range(rng.randrange(1, 12)):
        yield {"time": T - rng.randrange(1, 100 * DAY),
               "event": rng.choice(("purchase", "purchase", "order",
                                    "return")),
               "currency": rng.choice(("EUR", "USD", "JPY", "XXX", None,
                                       "eur", "")),
               "price": rng.choice(AMOUNTS[:9] + (None,)),
               "quantity": rng.choice((None, "1", "3", "0.3335", "-2")),
               "list_price": rng.choice((None, "5", "0.1", "19.99995")),
               "discount": rng.choice((None, None, "1", "-1", "0.33335")),
               "order_id": rng.choice(("o1", None)),
               "coupon_id": rng.choice((None, None, "c"))}


def cycles(rng):
    """Purchase days with equal gaps, first ones at the horizons."""
    day = rng.choice((29, 30, 31, 59, 60, 61, 90, 91, 179, 180, 181, 400))
    for _ in range(rng.randrange(1, 8)):
        yield {"time": T - day * DAY + rng.choice((0, -1, HOUR)),
               "event": "purchase", "amount": "1",
               "brand": rng.choice(("acme", "Äpfel", "", None, "z" * 300,
                                     "é" * 128)),
               "category": rng.choice(CATEGORIES)}
        day -= rng.choice((10, 10, 30, 1, 90))
        if day < 0:
            return


def fading(rng):
    """Visits whose decayed weight is about to vanish."""
    for _ in range(rng.randrange(1, 6)):
        yield {"time": T - rng.choice((989, 990, 991, 992, 1020, 2000))
               * DAY + rng.randrange(24) * HOUR, "event": "view"}


def repeats(rng):
    """Events that share an id or are the same in every field."""
    pool = [{"time": T - rng.randrange(5) * HOUR - DAY,
             "event": rng.choice(("view", "purchase", "click")),
             "event_id": rng.choice(("1", 1, 1.0, "1.0", "2", None))}
            for _ in range(4)]
    for _ in range(rng.randrange(2, 12)):
        yield dict(rng.choice(pool))


def edges(rng):
    """Events at the ends of windows, at T and behind it."""
    for _ in range(rng.randrange(1, 15)):
        days = rng.choice((0, 1, 7, 14, 30, 60, 90, 180, 365))
        yield {"time": T - days * DAY + rng.choice(NUDGES),
               "event": rng.choice(STEPS), "amount": rng.choice(AMOUNTS),
               "channel": rng.choice(CHANNELS + (None,))}


def odd(rng):
    """Fields that cannot be read, and long ones."""
    for _ in range(rng.randrange(1, 6)):
        one = {"time": T - rng.randrange(1, 50 * DAY),
               "event": rng.choice(("view", "purchase", "", None))}
        one[rng.choice(("price", "amount", "quantity", "discount", "results",
                        "rating", "latitude", "list_price"))] = rng.choice(
            ("x", "1e", "-1", "1e11", "100000000000.00001", "1e12", "--1",
             " 5 ", "+5", ".5", "5.", "1e-400", "0x1", "inf", "1,5", True))
        for name in ("rating", "latitude", "longitude"):
            if one.get(name) == "1e11":     # not said what is too large
                one[name] = "5"
        one[rng.choice(("item_id", "session_id", "order_id", "brand", "city",
                        "query", "event_id"))] = rng.choice(
            ("y" * 257, "é" * 128, "é" * 129, " a ", "007.0", "1e3"))
        if rng.random() < .3:
            one["time"] = rng.choice(
                ("", None, "2026-02-30", "2026-01-01T24:00:00",
                 "2026-01-01 10:00", 5, "1970-12-31T23:59:59.999Z",
                 "1971-01-01", "2100-01-01T00:00:00Z"))
        if rng.random() < .2:
            one["received_at"] = T - rng.randrange(100) * DAY
        yield one


SCENES = (refunds, carts, funnel, searches, sessions, bursts, lifestyles,
          currencies, cycles, fading, repeats, edges, odd)
USERS = ("u{}", "{}", "00{}", "用户{}", "a b,{}", '"{}"', "{}.0")


def population(rng, number):
    """Events of many users, each through some scenes, shuffled."""
    chosen = rng.sample(SCENES, rng.randrange(2, len(SCENES)))
    events = []
    for i in range(number):
        user = rng.choice(USERS).format(i + 10)
        if user.isdigit() and rng.random() < .5 and user[0] != "0":
            user = int(user)
        for scene in rng.sample(chosen, rng.randrange(1, 3)):
            for event in scene(rng):
                event["user_id"] = user
                if rng.random() < .01:
                    event["user_id"] = rng.choice(("", None, "w" * 257))
                    event["anonymous_id"] = rng.choice(
                        ("c1", "c2", 3, "v" * 251, None))
                if rng.random() < .2:
                    event["source"] = rng.choice(("web", "app", " app"))
                events.append({k: v for k, v in event.items()
                               if v is not None})
    rng.shuffle(events)
    return events
