"""Events of scenes.py to files in a format drawn at random."""

import csv
import gzip
import io
import json
import os
from datetime import datetime, timedelta, timezone

import zstandard

from events import OFFSETS, iso
from scenes import T

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
PATTERNS = ("%Y%m%d", "%d/%m/%Y %H:%M:%S", "%Y.%m.%d %H:%M", "%m-%d-%Y")
FIELDS = ("user_id time event event_id session_id item_id category brand "
          "channel city order_id coupon_id query results price list_price "
          "quantity amount discount currency source received_at "
          "anonymous_id").split()
NEEDED = ("user_id", "time", "event")
MONEY = ("price", "list_price", "quantity", "amount", "discount")


def moment(ms):
    return EPOCH + timedelta(milliseconds=ms)


def time_text(rng, ms, kind):
    """A time in ms as a format writes it; other values as they are."""
    if isinstance(ms, bool) or not isinstance(ms, int) or ms < 10 ** 10:
        return ms
    if kind == "unix_s":
        return f"{ms // 1000}.{ms % 1000:03d}" if ms % 1000 else ms // 1000
    if kind == "unix_ms":
        return ms
    if kind != "iso8601":
        return moment(ms).strftime(kind)
    offset = rng.choice(OFFSETS) if rng.random() < .2 else "Z"
    return iso(moment(ms), offset, 3 if ms % 1000 else rng.choice((0, 6)))


def with_times(rng, event, kind):
    """The event with its times as texts or numbers."""
    event = dict(event)
    for name in ("time", "received_at"):
        if name in event:
            event[name] = time_text(rng, event[name], kind)
    return event


def json_text(rng, value, numbers=()):
    """JSON; texts listed in `numbers` as numbers where they are some."""
    text = json.dumps(value, ensure_ascii=rng.random() < .5,
                      separators=(",", ":") if rng.random() < .7 else None)
    for number in numbers:
        text = text.replace(json.dumps("@" + number), number)
    return text


def is_json_number(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return not text.startswith("true")


def mark_money(rng, event):
    """Mark some money to be written as numbers; gives (event, texts)."""
    event, marked = dict(event), []
    for name in MONEY:
        value = event.get(name)
        if isinstance(value, str) and is_json_number(value) \
                and rng.random() < .5:
            marked.append(value)
            event[name] = "@" + value
    return event, marked


def portrait_lines(rng, events):
    """JSON in the names of the catalogue."""
    for event in events:
        event, marked = mark_money(rng, with_times(rng, event, "iso8601"))
        yield json_text(rng, event, marked)


def csv_lines(rng, rows, delimiter, header, quote_all=.1):
    """Rows as CSV; `blank` is runs of blanks and tabs."""
    if header:
        rows = [header] + rows
    for row in rows:
        row = ["" if v is None else str(v) for v in row]
        if delimiter == "blank":
            cells = [c.replace(" ", "_") or "0" for c in row]
            yield rng.choice(("", " ")) + rng.choice(
                (" ", "\t", "  \t ")).join(cells) + rng.choice(("", " "))
            continue
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="",
                   quoting=csv.QUOTE_ALL if rng.random() < quote_all
                   else csv.QUOTE_MINIMAL).writerow(row)
        yield out.getvalue()


def rename_events(rng, events):
    """({name in the file: event}, events with those names)."""
    if rng.random() < .5:
        return {}, events
    pairs = {"pv": "view", "buy": "purchase", "Cart!": "cart_add",
             "view": "click", "短": "search"}
    names = {event: name for name, event in pairs.items()}
    return pairs, [
        {**e, "event": names.get(e["event"], e["event"])}
        if "event" in e else e for e in events]


def expressions(rng, names):
    """where, amount and event over fields and the line's own names."""
    found = {}
    if rng.random() < .5:
        found["where"] = rng.choice((
            "event != 'login'", "event in ('view', 'purchase', 'cart_add')",
            "not (x1 == 'drop')", "x1 != 'drop' or x2 > 3",
            "coalesce(x2, 1) < 5", "is_known(x2) and x2 * 2 <= 8",
            "not (x2 in (1, 2))", "starts_with(x1, 'k') or x2 / 3 < 1",
            "if(x2 > 2, contains(x1, 'e'), true)",
            "x2 in (1, 3.5)",
            "lower(x1) == 'keep' or ends_with(x1, 'p')"))
    if rng.random() < .4 and {"price", "quantity"} <= set(names):
        found["amount"] = rng.choice((
            "{q} * {p}", "{p}", "{p} / 3", "-{p} * {q}", "max({p}, {q})",
            "{q} * {p} - coalesce(discount, 0)" if "discount" in names
            else "{p} + 1", "if(quantity > 1, {p} * quantity * 0.9, {p})",
            "abs({p}) - min({p}, 2)", "coalesce(number(x2), 0) * 1.00005",
            "{p} * 0.33333 * {q}")).format(
                p="coalesce(price, 0)", q="coalesce(quantity, 1)")
    if rng.random() < .4:
        found["event"] = rng.choice((
            "purchase", "view", "wishlist", "if(x2 > 2, 'purchase', event)",
            "if(x1 == 'drop', 'refund', 'purchase')", "'cart_add'",
            "coalesce(x1, event)", "lower(event)"))
    return found


def add_own(rng, events):
    """Two more columns of the line's own."""
    for event in events:
        event["x1"] = rng.choice(("keep", "drop", "kEEP", "", "a,b", "x"))
        event["x2"] = rng.choice(("1", "2", "3.5", "", "abc", "10", "-1"))
    return events


def custom_csv(rng, events):
    """(format block, lines) of a CSV with names of its own."""
    delimiter = rng.choice((",", ";", "|", "\t", "blank", ","))
    kind = rng.choice(("iso8601", "unix_s", "unix_ms") + PATTERNS)
    if delimiter == "blank":
        kind = rng.choice(("unix_s", "%Y%m%d", "iso8601"))
    names = list(NEEDED) + rng.sample(FIELDS[3:], rng.randrange(2, 16))
    rng.shuffle(names)
    events = add_own(rng, events)
    pairs, events = rename_events(rng, events)
    columns = names + ["x1", "x2"]
    header = rng.random() < .6
    heads = [n if n[0] == "x" else rng.choice((n, "my_" + n, "Über " + n))
             for n in columns]
    if delimiter == "blank":
        heads = [h.replace(" ", "_") for h in heads]
    block = {"kind": "csv", "delimiter": delimiter, "time": kind,
             "fields": {n: heads[i] if header else i
                        for i, n in enumerate(names)}}
    rules = expressions(rng, names)
    if not header:
        block["header"] = False
        rules = {k: v for k, v in rules.items()
                 if "x1" not in v and "x2" not in v}
    if pairs:
        block["events"] = pairs
    block.update(rules)
    rows = [with_times(rng, e, kind) for e in events]
    rows = [[e.get(c) for c in columns] for e in rows]
    if delimiter not in ("blank", "\t") and rng.random() < .4:
        block["multiline"] = True
        for row in rng.sample(rows, len(rows) // 5):
            row[-2] = rng.choice(("a\nb", 'q"\n"', "\n", "x\r\ny"))
    lines = list(csv_lines(rng, rows, delimiter, header and heads))
    return block, lines


def nested(target, path, value):
    for part in path[:-1]:
        target = target.setdefault(part, {})
    target[path[-1]] = value


def custom_json(rng, events):
    """(format block, lines) of JSON with nested names."""
    kind = rng.choice(("iso8601", "iso8601", "unix_s", "unix_ms",
                       PATTERNS[1]))
    events = add_own(rng, events)
    pairs, events = rename_events(rng, events)
    paths = {n: rng.choice(([n], ["p", n], ["p", "q", "r " + n], ["z" + n]))
             for n in FIELDS}
    root = rng.choice((None, "payload", "a.b"))
    block = {"kind": "jsonl", "time": kind,
             "fields": {n: ".".join(path) for n, path in paths.items()}}
    if root:
        block["root"] = root
    if pairs:
        block["events"] = pairs
    block.update(expressions(rng, FIELDS))
    lines = []
    for event in events:
        event, marked = mark_money(rng, with_times(rng, event, kind))
        value = {}
        for name, cell in event.items():
            nested(value, paths.get(name, [name]), cell)
        if rng.random() < .02:
            value["p"] = rng.choice((None, 1, "x", [1], {}))
        whole = {"other": 1} if root else value
        if root and rng.random() < .98:
            nested(whole, root.split("."), value)
        lines.append(json_text(rng, whole, marked))
    return block, lines


TAOBAO = {"view": "pv", "purchase": "buy", "cart_add": "cart",
          "favorite": "fav"}


def taobao(rng, events):
    """The five columns of Taobao's user behaviour."""
    rows = []
    for event in events:
        name = event.get("event", "")
        rows.append([event.get("user_id"), event.get("item_id", "i1"),
                     event.get("category", "7"), TAOBAO.get(name, name),
                     with_times(rng, event, "unix_s").get("time")])
    first = [[1, 1, 2, "pv", T // 1000 - 5]]
    return list(csv_lines(rng, first + rows, ",", None, 0))


def rees46(rng, events):
    """The columns of REES46."""
    names = ("event_time event_type product_id category_id category_code "
             "brand price user_id user_session").split()
    back = {"cart_add": "cart", "cart_remove": "remove_from_cart"}
    rows = []
    for event in events:
        time = event.get("time", "")
        if isinstance(time, int) and time > 10 ** 10:
            time = moment(time).strftime("%Y-%m-%d %H:%M:%S UTC")
        name = event.get("event", "")
        rows.append([time, back.get(name, name), event.get("item_id"), "1",
                     event.get("category"), event.get("brand"),
                     event.get("price", event.get("amount")),
                     event.get("user_id"), event.get("session_id")])
    return list(csv_lines(rng, rows, ",", names, .02))


SEGMENT = {"view": "Product Viewed", "click": "Product Clicked",
           "search": "Products Searched", "cart_add": "Product Added",
           "cart_remove": "Product Removed", "order": "Checkout Started",
           "purchase": "Order Completed", "refund": "Order Refunded",
           "cancel": "Order Cancelled", "share": "Product Shared",
           "login": "Signed In", "favorite": "Product Added to Wishlist"}
PROPERTIES = {"item_id": "product_id", "coupon_id": "coupon"}
OUTSIDE = {"user_id": "userId", "anonymous_id": "anonymousId",
           "event_id": "messageId", "received_at": "receivedAt"}


def products(rng, event):
    """Some products of an order, with a part of the event's fields."""
    found = []
    for i in range(rng.randrange(1, 5)):
        one = {"product_id": f"p{i}"}
        for name in ("price", "quantity", "category", "brand", "discount"):
            if rng.random() < .6 and name in event:
                one[name] = event[name]
        if rng.random() < .5:
            one["price"] = rng.choice((1, 2.5, "3.33333", 0, "19.99"))
        found.append(one)
    return found


def segment_call(rng, event):
    """One payload."""
    event = with_times(rng, event, "iso8601")
    call = {"type": rng.choices(
        ("track", "page", "identify", "group", "merge", None),
        (20, 1, 1, 1, .2, 1))[0]}
    for name, key in OUTSIDE.items():
        if name in event:
            call[key] = event.pop(name)
    if "time" in event:
        call[rng.choice(("timestamp", "timestamp", "originalTimestamp",
                         "sentAt"))] = event.pop("time")
    if "channel" in event:
        call["context"] = {"campaign": {"medium": event.pop("channel")},
                           "location": {"city": event.pop("city", None)}}
        call["channel"] = "web"
        if rng.random() < .3:
            call["context"]["sessionId"] = rng.choice((1, 2, "s"))
    name = event.pop("event", None)
    call["event"] = SEGMENT.get(name, name)
    if rng.random() < .03:
        call["event"] = rng.choice(("Order Updated", "Completed Order"))
    properties = {PROPERTIES.get(k, k): v for k, v in event.items()}
    if name in ("purchase", "refund", "cancel", "order"):
        order_properties(rng, event, properties)
    call["traits" if call["type"] == "identify" else "properties"] \
        = properties
    return {k: v for k, v in call.items() if v is not None}


def order_properties(rng, event, properties):
    """An order-level discount, products or what they cost."""
    if rng.random() < .6:
        properties["products"] = products(rng, event)
    for name in ("subtotal", "revenue", "total", "tax", "shipping",
                 "value"):
        if rng.random() < .4:
            properties[name] = rng.choice((0, 1, "2.5", 10, "19.99", 30.0))
    if rng.random() < .4:
        properties["discount"] = rng.choice((0, 1, "0.0001", "3.3333", 10))
    elif properties.get("discount") == "-1":
        del properties["discount"]


def segment(rng, events):
    """Segment payloads."""
    first = json.dumps({"type": "track", "userId": "u1", "event": "Signed In",
                        "timestamp": "2026-03-20T00:00:00Z"})
    return [first] + [json_text(rng, segment_call(rng, e)) for e in events]


SHAPES = ("portrait", "portrait", "csv", "csv", "json", "json", "taobao",
          "rees46", "segment", "segment")
BAD_JSON = ("", "  ", "{", "not json", '{"user_id": "a"', "[1]", "{} {}")


def spoiled(rng, lines, is_json):
    """Some bad lines between the others, never first."""
    result = list(lines)
    for _ in range(len(lines) // 100):
        bad = rng.choice(BAD_JSON) if is_json else rng.choice(("", "\t"))
        result.insert(rng.randrange(1, len(result) + 1), bad)
    return result


def write(rng, folder, lines, extension, first):
    """Lines to some files, packed or not; each begins with the first
    line where that is a header, or tells the format."""
    os.makedirs(folder, exist_ok=True)
    head, body = (lines[:1], lines[1:]) if first else ([], lines)
    number = rng.randrange(1, 4)
    for i in range(number):
        part = head + body[i::number]
        end = rng.choice(("\n", "\r\n"))
        data = end.join(part) + rng.choice(("", end))
        raw = (rng.choice(("", "\ufeff")) + data).encode()
        packing = rng.choice(("", ".zst", ".gz"))
        if packing == ".gz":
            raw = gzip.compress(raw, mtime=0)
        elif packing:
            step = max(1, len(raw) // rng.randrange(1, 5))
            raw = b"".join(
                zstandard.ZstdCompressor().compress(raw[j:j + step])
                for j in range(0, len(raw), step))
        name = f"part-{i}.{extension}{packing}"
        with open(os.path.join(folder, name), "wb") as file:
            file.write(raw)


def plan(rng, events, shapes=SHAPES):
    """(format block or None, lines, extension, first line in each?)."""
    shape = rng.choice(shapes)
    if shape == "portrait" and rng.random() < .4:
        rows = [with_times(rng, e, "iso8601") for e in events]
        rows = [[e.get(n) for n in FIELDS] for e in rows]
        return None, list(csv_lines(rng, rows, ",", FIELDS)), "csv", True
    if shape == "portrait":
        lines = [json.dumps({"user_id": "u1", "event": "view",
                             "time": "2026-03-20"})]
        lines += portrait_lines(rng, events)
        return None, spoiled(rng, lines, True), "jsonl", True
    if shape == "csv":
        block, lines = custom_csv(rng, events)
        return block, lines, "csv", block.get("header", True)
    if shape == "json":
        block, lines = custom_json(rng, events)
        return block, spoiled(rng, lines, True), "ndjson", False
    if shape == "segment":
        return None, spoiled(rng, segment(rng, events), True), "jsonl", True
    if shape == "taobao":
        return None, taobao(rng, events), "csv", True
    return None, rees46(rng, events), "csv", True
