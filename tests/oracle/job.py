"""The job file's keys with their defaults."""

import re
from fractions import Fraction

import yaml

from exact import parse_number
from expr import compile_expression
from localtime import Zone, parse_iso, utc_ms
from metrics import Metric
from tagdata import Tag

TYPES = (
    "install uninstall register login view search click favorite follow "
    "cart_add cart_remove order purchase cancel receive review return "
    "refund reject share contact coupon_get coupon_use attend message_sent "
    "message_delivered message_open message_click message_bounce "
    "unsubscribe complaint").split()
PLACE = {name: i for i, name in enumerate(TYPES)}
NOT_VISIT = tuple(t for t in TYPES if t.startswith("message_")) + (
    "unsubscribe", "complaint", "uninstall", "receive", "refund", "cancel",
    "reject", "coupon_get")
COUNTED = ("view search click favorite follow cart_add purchase review "
           "return share login").split()
STEPS = ("view", "cart_add", "order", "purchase")
WEIGHTS = {"view": 1, "click": 1, "search": 2, "favorite": 3, "follow": 3,
           "cart_add": 4, "order": 5, "purchase": 8, "return": -4}
HALF_LIVES = {"view": 30, "click": 30, "search": 30, "favorite": 60,
              "follow": 60, "cart_add": 60, "order": 180, "purchase": 180,
              "return": 180}
UNITS = {"": 60_000, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000,
         "ms": 1, "d": 86_400_000}


def duration_ms(value, units=None):
    """A number or a text with a unit, to milliseconds."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-z]*)\s*", str(value))
    unit = found[2] or units or ""
    return int(parse_number(found[1]) * UNITS[unit])


def size_bytes(value):
    """A number of bytes, or a text with K, M or G."""
    found = re.fullmatch(r"(\d+)\s*([KMG]?)(?:iB|B)?", str(value))
    return int(found[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[found[2]]


def whole_days(value):
    """`30` or `30d` to 30."""
    return int(str(value).rstrip("d "))


def nested(data, path):
    """A dotted key of nested maps, or None."""
    for part in path.split("."):
        if not isinstance(data, dict):
            return None
        data = data.get(part)
    return data


class Job:
    """What the computation reads of a job file."""

    def __init__(self, data=None):
        data = data or {}

        def get(path, default):
            value = nested(data, path)
            return default if value is None else value

        self.zone = Zone(get("timezone", "UTC"))
        self.as_of = self.instant(get("as_of", None))
        self.log_start = self.instant(get("log_start", None))
        self.windows = [whole_days(w) for w
                        in get("windows", [7, 30, 90, 365]) if w != "all"]
        self.counted = list(get("counted_events", COUNTED))
        self.not_visit = set(get("not_visit", NOT_VISIT))
        self.visit_events = set(get("visit_events", ()))
        self.session_gap = duration_ms(get("session_gap", 30), "min")
        self.cart_abandon = duration_ms(get("cart_abandon", 72), "h")
        self.essentials = [str(c) for c in get("essential_categories", ())]
        self.steps = list(get("funnel.steps", STEPS))
        self.currency = get("money.currency", None)
        self.rates = {k: parse_number(str(v)) for k, v
                      in get("money.rates", {}).items()}
        self.duplicates = get("clean.duplicates", "event_id")
        self.integer_ids = get("clean.integer_ids", True)
        self.time_range = self.range(get("clean.time_range", [1971, 2100]))
        self.identity = get("identity", "coalesce")
        self.allowed = self.names(get("allow_sensitive", ()))
        self.format = get("format", None)
        self.globs = get("columns", None)
        if isinstance(self.globs, str):
            self.globs = [self.globs]
        self.segments = {
            name: compile_expression(str(rule["when"] if isinstance(
                rule, dict) else rule))
            for name, rule in get("segments", {}).items()
            if name not in ("max_labels", "tables")}
        self.weights = {**WEIGHTS, **{
            k: int(v) for k, v in get("preference.weights", {}).items()}}
        self.half_lives = {**HALF_LIVES, **{
            k: whole_days(v) for k, v in get("half_life", {}).items()}}
        self.shrink = int(get("preference.shrink", 5))
        self.sizes = {k: v if isinstance(v, list) else [v] for k, v
                      in get("size.categories", {}).items()}
        self.tags = [Tag(name, block) for name, block
                     in get("tags", {}).items()
                     if name not in ("max_labels", "files")]
        self.metrics = [Metric(name, block) for name, block
                        in get("metrics", {}).items()]
        self.max_labels = int(get("segments.max_labels", 50))
        self.rfm_window = get("rfm.window", "365d")
        self.rfm_window = None if self.rfm_window == "all" \
            else whole_days(self.rfm_window)
        self.octant = {key: get("rfm.octant_" + key, "mean")
                       for key in ("recency", "frequency", "monetary")}
        self.tiers = [Fraction(str(get("value.tier_" + key, default)))
                      for key, default in (("a", ".8"), ("b", ".95"))]
        self.loyal = (Fraction(str(get("loyalty.quantile", ".8"))),
                      int(get("loyalty.min_days", 5)))
        self.core = Fraction(str(get("core.quantile", ".9")))
        self.clv_model = get("clv.model", "mbgnbd")
        self.clv_unit = duration_ms(get("clv.time_unit", 7), "d")
        self.clv_discount = float(get("clv.discount", .01))
        self.clv_margin = float(get("clv.margin", 1))
        self.max_line = size_bytes(get("read.max_line", "1M"))

    @staticmethod
    def names(value):
        return {value} if isinstance(value, str) else set(value)

    def instant(self, value):
        return None if value is None else parse_iso(str(value), self.zone)

    def range(self, bounds):
        """Years are the first instant of that year, UTC (B2)."""
        return [utc_ms(b, 1, 1) if isinstance(b, int)
                else parse_iso(str(b), Zone()) for b in bounds]

    def is_visit(self, event):
        """Whether an event's name makes a visit (D1)."""
        if event in self.not_visit:
            return False
        return event in PLACE or event in self.visit_events


def load_job(path):
    """The Job of a YAML file, or of nothing."""
    if path is None:
        return Job()
    with open(path, encoding="utf-8") as file:
        # Texts stay texts: a date must not become another type.
        return Job(yaml.load(file, Loader=TextLoader))


class TextLoader(yaml.SafeLoader):
    """YAML without timestamps."""


TextLoader.yaml_implicit_resolvers = {
    key: [(tag, regex) for tag, regex in found
          if tag != "tag:yaml.org,2002:timestamp"]
    for key, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}
