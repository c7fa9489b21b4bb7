"""Which field is which, and which name is which event (README A3, A4)."""

import json
import re

import segment
from expr import compile_expression
from lines import Unparsable, as_text, by_path, parse_json, split_csv

FIELDS = (
    "time user_id event event_id anonymous_id session_id item_id category "
    "brand style size topic price list_price quantity amount discount "
    "currency coupon_id order_id payment_method query results rating text "
    "channel method campaign_id device os city latitude longitude store "
    "guide referrer_url page invited_by source received_at").split()
REES46 = {"time": "event_time", "event": "event_type",
          "item_id": "product_id", "category": "category_code",
          "brand": "brand", "price": "price", "user_id": "user_id",
          "session_id": "user_session"}
REES46_EVENTS = {"cart": "cart_add", "remove_from_cart": "cart_remove"}
TAOBAO = {"user_id": 0, "item_id": 1, "category": 2, "event": 3, "time": 4}
TAOBAO_EVENTS = {"pv": "view", "buy": "purchase", "cart": "cart_add",
                 "fav": "favorite"}
DELIMITERS = {"\\t": "\t", "tab": "\t"}


class Format:
    """One way to read a line."""

    def __init__(self, name, kind="jsonl", fields=None, events=None,
                 header=True, delimiter=",", time="iso8601", root=None,
                 where=None, amount=None, event=None, multiline=False):
        self.name = name
        self.kind = kind
        self.fields = {name: str(path) for name, path in (
            fields or {name: name for name in FIELDS}).items()}
        # The cells of a CSV line stand under their names, without paths.
        self.find = by_path if kind != "csv" else dict.get
        self.events = events or {}
        self.has_header = header and kind == "csv"
        self.needed = 0 if header or kind != "csv" else 1 + max(
            int(c) for c in self.fields.values())
        self.delimiter = DELIMITERS.get(delimiter, delimiter)
        self.time = time
        self.root = root
        self.multiline = multiline
        self.where = where and compile_expression(where)
        self.amount = amount and compile_expression(str(amount))
        self.event = event and self.event_rule(str(event))

    @staticmethod
    def event_rule(text):
        """A bare word is that event, anything else an expression (B11)."""
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
            return lambda get: text
        return compile_expression(text)

    def decode(self, raw, header):
        """A raw line to an object whose values can be looked up."""
        if self.kind != "csv":
            value = parse_json(raw)
            if self.root:
                value = by_path(value, self.root)
                if not isinstance(value, dict):
                    raise Unparsable("no root")
            return value
        cells = split_csv(raw, self.delimiter)
        if header is not None:
            if len(cells) != len(header):
                raise Unparsable("number of fields")
            return dict(zip(header, cells))
        if len(cells) < self.needed:
            raise Unparsable("too few fields")
        return {str(i): cell for i, cell in enumerate(cells)}

    def lookup(self, record):
        """The function of names which expressions use (B11)."""
        def get(name):
            value = self.find(record, self.fields.get(name, name))
            return value if isinstance(value, bool) else as_text(value)
        return get

    def rows(self, record):
        """The raw rows of a decoded line: dicts of catalogue fields."""
        row = {}
        for name, path in self.fields.items():
            value = self.find(record, path)
            if value is not None and value != "":
                row[name] = value
        self.apply_rules(record, row)
        return "events", [row]

    def apply_rules(self, record, row):
        """Set event and amount by rule, and map the event's name."""
        get = self.lookup(record)
        if self.event:
            row["event"] = self.event(get)
        if self.amount:
            # What the field itself holds must be a number all the same.
            row["ruled_amount"] = self.amount(get)
        name = as_text(row.get("event"))
        row["event"] = self.events.get(name, name)


class SegmentFormat(Format):
    """Segment / RudderStack payloads."""

    def __init__(self):
        super().__init__("segment")

    def rows(self, record):
        return segment.rows(record)


def header_cells(raw, delimiter):
    """The names of a header line."""
    return [cell.strip() for cell in split_csv(raw, delimiter)]


def builtin_csv(raw):
    """The built-in format of a CSV file by its first line, or None."""
    for delimiter in (",", "\t"):
        try:
            names = header_cells(raw, delimiter)
        except Unparsable:
            continue
        if {"event_time", "event_type", "product_id"} <= set(names):
            return Format("rees46", "csv", REES46, REES46_EVENTS,
                          delimiter=delimiter)
        if {"time", "event"} <= set(names):
            return Format("portrait", "csv", delimiter=delimiter)
        if len(names) == 5 and names[3] in TAOBAO_EVENTS:
            return Format("taobao", "csv", TAOBAO, TAOBAO_EVENTS,
                          header=False, time="unix_s", delimiter=delimiter)
    return None


def looks_like_segment(raw):
    """Whether a first JSON line is a Segment payload."""
    try:
        value = json.loads(raw)
    except ValueError:
        return False
    return (value.get("type") in ("track", "identify", "page", "screen",
                                  "group", "alias")
            or any(k in value for k in ("userId", "anonymousId",
                                        "messageId")))


def detect(raw):
    """The format of a file by its first line that is not blank (A4)."""
    if raw.lstrip().startswith(b"{"):
        return SegmentFormat() if looks_like_segment(raw) \
            else Format("portrait")
    return builtin_csv(raw) or Format("portrait")


def from_job(block):
    """The format of a job file's `format:`."""
    block = dict(block)
    fields = block.pop("fields", None)
    kind = block.pop("kind", "jsonl")
    return Format("custom", kind, fields, **block)
