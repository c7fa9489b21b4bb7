"""Every column known here, in order, with its type (README D, E).

Key `columns` picks some of them by globs (README C9).

Types: u16 u32 f32 f64 u32? i32? i64? bool? int? (any width) cat; f64~ is
an f64 to nine digits.
"""

from fnmatch import fnmatchcase

import metrics
import preference
import value
from activity import TAGS, column_name
from clv import clv_columns


def windowed(prefix, kind, suffixes):
    return [(f"{prefix}_{suffix}", kind) for suffix in suffixes]


def activity_columns(job, suffixes):
    """Section 2 without its tags."""
    found = []
    for name in job.counted:
        prefix = column_name(name)
        found += windowed(prefix + "_count", "u32", suffixes)
        found += windowed(prefix + "_days", "u16", suffixes)
        found += [(prefix + "_first", "i64?"), (prefix + "_last", "i64?")]
    found += [("first_seen", "i64?"), ("last_seen", "i64?")]
    found += windowed("active_days", "u16", suffixes)
    found += [("days_since_active", "i32?"), ("active_days_30d_prev", "u16"),
              ("stickiness", "f32"), ("momentum", "f32")]
    found += windowed("sessions", "u32", suffixes)
    found += [("session_minutes_median", "f32"),
              ("session_depth_mean", "f32"), ("bounce_rate", "f32")]
    if "when_where_what" in job.allowed:
        found += [("when_where_what", "cat"),
                  ("when_where_what_count", "u32")]
    return found + [("channel_first", "cat"), ("channel_last", "cat")]


def tag_columns():
    """The tags of section 2."""
    found = []
    for name in TAGS:
        found += [(name, "cat"), (name + "_index", "f32"),
                  (name + "_evidence", "u32")]
    return found


def consumption_columns(suffixes):
    """Section 3."""
    found = windowed("orders", "u32", suffixes)
    for prefix in ("spend", "net_spend", "items"):
        found += windowed(prefix, "f64", suffixes)
    found += [("spend_90d_prev", "f64"), ("purchase_days_90d_prev", "u16"),
              ("spend_trend", "f32")]
    found += [("order_value_" + name, "f64")
              for name in ("mean", "median", "min", "max")]
    found += typed("""
        days_since_purchase i32? purchase_frequency f32 return_count u32
        return_rate f32 rejects u32 discount_share f32 coupon_orders u32
        coupon_get_count u32 coupon_use_count u32 purchase_cycle_days f32
        cycle_mad_days f32 regularity f32 overdue f32
        second_order_days i32? third_order_days i32?
        repurchase_30d bool? repurchase_60d bool? repurchase_90d bool?
        repurchase_180d bool? orders_am u32 orders_pm u32 burst_hour int?
        cart_adds u32 cart_removes u32 cart_submit_rate f32
        cart_hours_median f32 cart_abandoned u32 cart_category cat
        essentials_in_cart u32 searches u32 queries_distinct u32
        search_empty_rate f32 search_purchase_rate f32 funnel_step cat
        funnel_closed cat first_purchase_category cat
        first_purchase_brand cat first_purchase_channel cat""")
    return found


def typed(text):
    """Pairs of a name and a type."""
    words = text.split()
    return list(zip(words[::2], words[1::2]))


def families(job):
    """{family: its columns} in the order of the catalogue."""
    suffixes = [f"{n}d" for n in job.windows] + ["all"]
    return {"activity": activity_columns(job, suffixes) + tag_columns(),
            "consumption": consumption_columns(suffixes),
            "preference": preference.columns(job),
            "value": value.value_columns(),
            "clv": clv_columns(job),
            "metrics": metrics.columns(job),
            "tags": [column for tag in job.tags for column in tag.columns]}


def all_columns(job):
    """{name: type}."""
    return dict(sum(families(job).values(), []))


def is_wanted(job, name, family):
    """Whether a glob of key `columns` meets a name or its family."""
    return job.globs is None or any(
        fnmatchcase(n, g) for g in job.globs for n in (name, family))


def wanted_columns(job):
    """Those of all_columns that key `columns` asks for. A tag comes with
    its index and evidence where one of the three is asked for."""
    names = {name for family, columns in families(job).items()
             for name, _ in columns if is_wanted(job, name, family)}
    for tag in (*TAGS, *preference.tags(job), *value.TAGS,
                *(t.name for t in job.tags)):
        three = {tag, tag + "_index", tag + "_evidence"}
        if names & three:
            names |= three
    return {name: kind for name, kind in all_columns(job).items()
            if name in names}
