"""The clock of a run, and what stands in one window of days."""


class Clock:
    """T, the last day and the windows."""

    def __init__(self, as_of, job):
        self.as_of = as_of
        self.zone = job.zone
        self.last_day = job.zone.day(as_of - 1)
        self.windows = [(f"{n}d", n) for n in job.windows]
        self.windows.append(("all", None))

    def since(self, day):
        """days_since of a local day."""
        return self.last_day - day

    def inside(self, day, length):
        """Whether a day is in the window of `length` days (None = all)."""
        return length is None or self.since(day) < length

    def between(self, day, low, high):
        """low <= days_since < high."""
        return low <= self.since(day) < high


def put_windows(row, prefix, clock, pairs):
    """Sum of (day, value) pairs as prefix_7d ... prefix_all."""
    by_day = {}
    for day, value in pairs:
        by_day[day] = by_day.get(day, 0) + value
    for suffix, length in clock.windows:
        row[f"{prefix}_{suffix}"] = sum(
            value for day, value in by_day.items()
            if clock.inside(day, length))


def put_days(row, prefix, clock, days):
    """Number of distinct days as prefix_7d ... prefix_all."""
    distinct = set(days)
    for suffix, length in clock.windows:
        row[f"{prefix}_{suffix}"] = sum(
            clock.inside(day, length) for day in distinct)


def count_days(clock, days, low, high):
    """Distinct days with low <= days_since < high."""
    return sum(clock.between(day, low, high) for day in set(days))


def modal(pairs):
    """(value, count) of the modal value of (value, time) pairs: the
    largest count, then the latest, then the smallest bytes."""
    counts, latest = {}, {}
    for value, time in pairs:
        counts[value] = counts.get(value, 0) + 1
        latest[value] = max(latest.get(value, time), time)
    if not counts:
        return None, 0
    best = min(counts, key=lambda v: (-counts[v], -latest[v], v.encode()))
    return best, counts[best]
