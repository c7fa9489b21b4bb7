"""Section 2 of the catalogue: activity (README D)."""

import re
from fractions import Fraction
from functools import lru_cache

from exact import decay, mean, median, ratio, shrunk
from windows import count_days, modal, put_days, put_windows

HISTOGRAM_HALF_LIFE = 30
DAYPARTS = ("night", "morning", "afternoon", "evening")
LEVELS = ("none", "low", "medium", "high", "core")
LIFESTYLES = ("night", "weekend", "workday_day", "workday_evening")
HOURS = tuple(str(h) for h in range(24))
CLOSED_TAGS = {"active_hour": HOURS, "daypart": DAYPARTS,
               "activity_level": LEVELS, "lifestyle": LIFESTYLES}
TAGS = {**CLOSED_TAGS, "contact_channel": None}     # None: open


@lru_cache(maxsize=None)
def column_name(event):
    """An event's name as a part of a column's name."""
    return re.sub(r"[^a-z0-9_]", "_",
                  "".join(c.lower() if c.isascii() else "_" * len(c.encode())
                          for c in event))


def weekday(day):
    """0 = Monday; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def event_facts(row, events, job, clock):
    """Counts, days, first and last of the counted events."""
    by_type = {}
    for event in events:
        by_type.setdefault(event.type, []).append(event)
    for name in job.counted:
        mine = by_type.get(name, ())
        prefix = column_name(name)
        put_windows(row, prefix + "_count", clock, [(e.day, 1) for e in mine])
        put_days(row, prefix + "_days", clock, [e.day for e in mine])
        row[prefix + "_first"] = mine[0].time if mine else None
        row[prefix + "_last"] = mine[-1].time if mine else None


def visit_facts(row, visits, clock):
    """Days with a visit, and what follows from them."""
    days = [e.day for e in visits]
    row["first_seen"] = visits[0].time if visits else None
    row["last_seen"] = visits[-1].time if visits else None
    put_days(row, "active_days", clock, days)
    row["days_since_active"] = clock.since(days[-1]) if days else None
    row["active_days_30d_prev"] = count_days(clock, days, 30, 60)
    month = count_days(clock, days, 0, 30)
    week = count_days(clock, days, 0, 7)
    row["stickiness"] = Fraction(month, 30)
    row["momentum"] = ratio(Fraction(week, 7), Fraction(month, 30))
    return month


def sessions_of(visits, gap):
    """Lists of events: by session_id, the others by gaps (D7)."""
    by_id, runs = {}, []
    for event in visits:
        if event.session is not None:
            by_id.setdefault(event.session, []).append(event)
        elif runs and event.time - runs[-1][-1].time <= gap:
            runs[-1].append(event)
        else:
            runs.append([event])
    return list(by_id.values()) + runs


def session_facts(row, sessions, clock):
    """Number, length and depth of sessions."""
    put_windows(row, "sessions", clock, [(s[0].day, 1) for s in sessions])
    minutes = [Fraction(s[-1].time - s[0].time, 60_000) for s in sessions]
    sizes = [len(s) for s in sessions]
    row["session_minutes_median"] = median(minutes) if sizes else None
    row["session_depth_mean"] = mean(sizes) if sizes else None
    row["bounce_rate"] = ratio(sizes.count(1), len(sizes))


def histograms(visits, clock):
    """Decayed integer mass by hour and by weekday."""
    hours, weekdays = [0] * 24, [0] * 7
    for event in visits:
        weight = decay(clock.since(event.day), HISTOGRAM_HALF_LIFE)
        hours[event.hour] += weight
        weekdays[weekday(event.day)] += weight
    return hours, weekdays


def shares(mass):
    """Shares of integer masses, all 0 where there is none."""
    total = sum(mass)
    return [Fraction(m, total) if total else Fraction(0) for m in mass]


def put_tag(row, name, label, index, evidence):
    """The three columns of a tag."""
    row[name] = label
    row[name + "_index"] = index
    row[name + "_evidence"] = evidence


def clock_tags(row, hours, evidence):
    """active_hour and daypart (D3, D4)."""
    windows = [sum(hours[(h + i) % 24] for i in range(3)) for h in range(24)]
    parts = [sum(hours[i:i + 6]) for i in range(0, 24, 6)]
    for name, labels, mass in (("active_hour", HOURS, windows),
                               ("daypart", DAYPARTS, parts)):
        total = sum(hours)
        best = mass.index(max(mass))
        put_tag(row, name, labels[best] if total else None,
                ratio(mass[best], total), evidence)


def level_tag(row, month, visits, clock):
    """activity_level (D5)."""
    limits = (1, 3, 10, 20)
    label = LEVELS[sum(month >= limit for limit in limits)]
    recent = sum(clock.inside(e.day, 30) for e in visits)
    put_tag(row, "activity_level", label, Fraction(month, 30), recent)


def lifestyle_cell(event):
    """Which of the four parts of the week an event is in."""
    if event.hour < 6:
        return 0
    if weekday(event.day) >= 5:
        return 1
    return 2 if event.hour < 18 else 3


def channel_tag(row, sessions):
    """contact_channel (D9)."""
    firsts = [(s[0].channel, s[0].time) for s in sessions
              if s[0].channel is not None]
    label, count = modal(firsts)
    put_tag(row, "contact_channel", label, ratio(count, len(firsts)),
            len(firsts))


def channel_facts(row, visits):
    """channel_first and channel_last (D10)."""
    seen = [e.channel for e in visits if e.channel is not None]
    row["channel_first"] = seen[0] if seen else None
    row["channel_last"] = seen[-1] if seen else None


def when_where_what(row, visits):
    """The modal (hour, city, event) cell (D11)."""
    cells = [(f"{e.hour}/{e.city or ''}/{e.type}", e.time) for e in visits]
    row["when_where_what"], row["when_where_what_count"] = modal(cells)


def user_facts(row, events, job, clock):
    """All of one user that needs no other user. What the population
    reads later is kept in the row under names that begin with `_`."""
    visits = [e for e in events if job.is_visit(e.type)]
    event_facts(row, events, job, clock)
    month = visit_facts(row, visits, clock)
    sessions = sessions_of(visits, job.session_gap)
    session_facts(row, sessions, clock)
    hours, weekdays = histograms(visits, clock)
    row["_hour_histogram"] = shares(hours)
    row["_weekday_histogram"] = shares(weekdays)
    clock_tags(row, hours, len(visits))
    level_tag(row, month, visits, clock)
    channel_tag(row, sessions)
    channel_facts(row, visits)
    if "when_where_what" in job.allowed:
        when_where_what(row, visits)
    cells = [lifestyle_cell(e) for e in visits]
    row["_lifestyle"] = [cells.count(i) for i in range(4)]
    grid = [0] * 168
    for event in visits:
        grid[weekday(event.day) * 24 + event.hour] += 1
    row["_grid"] = grid
    return visits


def lifestyle_tags(rows):
    """lifestyle of all rows, against the population (D8)."""
    totals = [sum(r["_lifestyle"][i] for r in rows.values())
              for i in range(4)]
    everything = sum(totals)
    for row in rows.values():
        counts = row["_lifestyle"]
        n = sum(counts)
        if n < 5:
            put_tag(row, "lifestyle", None, None, n)
            continue
        rates = [shrunk(k, n, Fraction(total, everything))
                 for k, total in zip(counts, totals)]
        lifts = [rate * everything / total if total else Fraction(-1)
                 for rate, total in zip(rates, totals)]
        best = lifts.index(max(lifts))
        put_tag(row, "lifestyle", LIFESTYLES[best], rates[best], n)
