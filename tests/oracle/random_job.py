"""Job files drawn at random."""

from scenes import CATEGORIES, OTHER, STEPS
from job import NOT_VISIT, TYPES

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu",
         "Australia/Lord_Howe", "America/St_Johns", "America/Havana",
         "Pacific/Apia", "Africa/Casablanca", "Asia/Tokyo")
GLOBS = ("orders_*", "spend_*", "*_count_*", "activity", "consumption",
         "purchase_*", "lifestyle", "*_index", "hour_histogram", "cart*",
         "net_spend_all", "repurchase_?0d", "funnel_*", "sessions_*",
         "*_histogram", "contact_channel", "return_rate", "overdue",
         "burst_hour", "*_days_*", "order_value_*", "first_*", "search*",
         "days_since_*", "clv*", "p_*_30d", "clv_12m",
         "discount_share", "momentum", "active_*",
         "items_*", "when_*", "[a-c]*")


def top_keys(rng):
    """Keys of the first level."""
    return {
        "as_of": rng.choice((
            "2026-03-20", "2026-03-24T12:00:00+02:00", "2026-03-25",
            "2026-03-24T23:59:59.999Z", "2025-11-02T01:30:00",
            "2027-01-01", "2026-03-08")),
        "timezone": rng.choice(ZONES),
        "windows": rng.choice((
            [1, 14, 60], [7, 30, 90, 365], [365], [7, 30], [90, 365, 1000],
            [7, 30, 90, 180, 365], ["7d", "30d", "all"])),
        "session_gap": rng.choice((10, 1, "30 min", "45 s", "2 h", 1440)),
        "counted_events": rng.sample([s for s in STEPS if s != "VIEW"],
                                     rng.randrange(1, 8)),
        "visit_events": rng.sample(OTHER, rng.randrange(1, 4)),
        "not_visit": rng.sample(TYPES, rng.randrange(0, 9)),
        "cart_abandon": rng.choice(("24 h", "72 h", "3 d", "90 min", "48h")),
        "essential_categories": rng.choice((
            ["food"], ["food.tea", "toys"], ["home.kitchen"], [])),
        "identity": rng.choice(("user_id", "coalesce")),
        "allow_sensitive": ["when_where_what"],
        "columns": rng.sample(GLOBS, rng.randrange(1, 5)),
    }


def inner_keys(rng):
    """Keys of the levels below."""
    steps = rng.sample(STEPS, rng.randrange(1, 6))
    return {
        "funnel": {"steps": rng.choice((
            steps, ["search", "view", "cart_add", "purchase"],
            ["nothing", "view", "Größe-Test!", "purchase"]))},
        "money": {"currency": "EUR", "rates": rng.choice((
            {}, {"USD": 0.9173, "JPY": 0.0061}, {"USD": "1.00005"},
            {"JPY": "0.00004", "XXX": 1000}))},
        "clean": {k: v for k, v in {
            "duplicates": rng.choice(("event_id", "exact", "keep")),
            "integer_ids": rng.random() < .5,
            "time_range": rng.choice(([1971, 2100], [2025, 2027],
                                      [2026, 2027])),
        }.items() if rng.random() < .6},
        "clv": {"model": rng.choice(("mbgnbd", "bgnbd", "none")),
                "time_unit": rng.choice(("7 d", "1 d", 30)),
                "discount": rng.choice((0, 0.01)), "margin": 0.3},
        "read": {"max_line": rng.choice((1024, "1 MiB", 100_000))},
    }


def draw(rng, block):
    """A job file as a dict, each key with some chance."""
    job = {k: v for k, v in top_keys(rng).items() if rng.random() < .25}
    job.update((k, v) for k, v in inner_keys(rng).items()
               if rng.random() < .3)
    if "not_visit" in job and rng.random() < .5:
        job["not_visit"] += [n for n in NOT_VISIT
                             if n not in job["not_visit"]][:5]
    if "essential_categories" in job:
        job["essential_categories"] = list(job["essential_categories"]) \
            + rng.sample(CATEGORIES[:3], 1)[1:]
    job.setdefault("clean", {})["max_rejects"] = 1
    if block:
        job["format"] = block
    return job
