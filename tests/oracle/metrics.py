"""`metrics:` of the job file: columns of one's own over events (README M)."""

import re
from fractions import Fraction

from activity import weekday
from clean import IDS
from exact import MONEY, QUANTITY, mean
from expr import compile_expression
from windows import modal

MONEYS = ("price", "list_price", "discount")
TEXTS = ("event category brand style size topic channel method device os "
         "city store guide payment_method query page referrer_url text "
         "source").split()
TYPES = {"count": "u32", "distinct": "u32", "days": "u16", "top": "cat",
         "sum": "f64?", "mean": "f64?", "min": "f64?", "max": "f64?"}
IS_TEXT = re.compile(r"(lower|coalesce)\(\s*(%s)\b" % "|".join(TEXTS))


class Reader:
    """The look-up of one event's fields for an expression."""

    def __init__(self, event, clock):
        self.event = event
        self.clock = clock

    def __call__(self, name):
        event = self.event
        if name in MONEYS:
            value = getattr(event, name)
            return None if value is None else Fraction(value, MONEY)
        if name == "amount":
            return Fraction(event.amount, MONEY) \
                if event.known_amount else None
        if name == "quantity":
            return Fraction(event.quantity, QUANTITY)
        if name == "event":
            return event.type
        if name in ("hour", "weekday", "days_since"):
            return Fraction({"hour": event.hour,
                             "weekday": weekday(event.day),
                             "days_since": self.clock.since(event.day)}[name])
        return getattr(event, IDS.get(name, name))


def as_list(value):
    return value if isinstance(value, list) else [value]


class Metric:
    """One entry of `metrics:`, which gives a column for each window."""

    def __init__(self, name, block):
        self.name = name
        self.op = block["op"]
        of = str(block["of"]) if "of" in block else None
        self.of = of and compile_expression(of)
        self.where = "where" in block and compile_expression(
            str(block["where"]))
        self.events = set(as_list(block["event"])) \
            if "event" in block else None
        windows = block.get("window", "all")
        lengths = [None if w == "all" else int(str(w).rstrip("d"))
                   for w in as_list(windows)]
        self.columns = {
            name + ("" if not isinstance(windows, list) else "_all"
                    if n is None else f"_{n}d"): n for n in lengths}
        text = of in TEXTS or bool(of and IS_TEXT.match(of))
        self.type = TYPES.get(self.op) or ("cat" if text else "f64?")

    def value(self, pairs):
        """What becomes of the (value, event) pairs, in order."""
        values = [v for v, _ in pairs]
        if self.op == "count":
            return len(values)
        if self.op == "days":
            return len({e.day for _, e in pairs})
        if self.op == "distinct":
            return len(set(values))
        if self.op == "top":
            return modal([(v, e.time) for v, e in pairs])[0]
        if self.op == "sum":
            return sum(values, Fraction(0))
        if not values:
            return None
        return {"mean": mean, "min": min, "max": max,
                "first": lambda v: v[0], "last": lambda v: v[-1]}[
                    self.op](values)

    def pairs(self, events, clock):
        """The events that count, with their values."""
        for event in events:
            if self.events is not None and event.type not in self.events:
                continue
            reader = Reader(event, clock)
            if self.where and self.where(reader) is not True:
                continue
            value = self.of(reader) if self.of else True
            if value is not None:
                yield value, event

    def put(self, row, events, clock):
        """The columns of one user."""
        pairs = list(self.pairs(events, clock))
        for column, length in self.columns.items():
            row[column] = self.value(
                [p for p in pairs if clock.inside(p[1].day, length)])


def columns(job):
    """[(name, type)] of all of them."""
    return [(name, metric.type) for metric in job.metrics
            for name in metric.columns]
