"""Planned lines to files: JSON and CSV, packed and plain."""

import csv
import gzip
import io
import json
import os

import zstandard

NAMES = ("part-0000.jsonl", "part-0001.jsonl.zst", "part-0002.jsonl.gz",
         "part-0003.csv", "part-0004.csv.zst", "sub/part-0005.ndjson")
COLUMNS = ("time", "user_id", "event", "event_id", "anonymous_id",
           "session_id", "item_id", "category", "brand", "channel", "city",
           "order_id", "coupon_id", "query", "results", "price",
           "list_price", "quantity", "amount", "discount", "currency",
           "source", "received_at", "style", "size", "topic", "device",
           "store", "guide")
MONEY = ("price", "list_price", "quantity", "amount", "discount")


def json_line(rng, event):
    """An event as JSON; money now as a number, now as a text."""
    event = dict(event)
    literals = {}
    for name in MONEY:
        if name in event and rng.random() < .6:
            mark = f"@{name}@"
            literals[f'"{mark}"'] = event[name]
            event[name] = mark
    compact = (",", ":") if rng.random() < .7 else None
    text = json.dumps(event, ensure_ascii=rng.random() < .5,
                      separators=compact)
    for mark, number in literals.items():
        text = text.replace(mark, number)
    return text.encode()


def csv_line(rng, event):
    """An event as CSV; some fields are quoted without need."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if rng.random() < .2 else csv.QUOTE_MINIMAL
    row = [event.get(name) for name in COLUMNS]
    csv.writer(out, quoting=quoting, lineterminator="").writerow(
        ["" if cell is None else cell for cell in row])
    return out.getvalue().encode()


def spoil(rng, planted, kind):
    """A line between the others: blank ones, and bad CSV ones."""
    planted["blank"] += 1
    return rng.choice((b"", b"  ", b"\t"))


def content(rng, name, lines, planted, kind):
    """The bytes of one file."""
    is_csv = ".csv" in name
    end = b"\r\n" if rng.random() < .5 else b"\n"
    out = [",".join(COLUMNS).encode()] if is_csv else []
    for line in lines:
        if isinstance(line, dict):
            line = csv_line(rng, line) if is_csv else json_line(rng, line)
        out.append(line)
        if kind != "tz" and rng.randrange(200) == 0:
            out.append(spoil(rng, planted, kind))
    data = end.join(out) + (end if rng.random() < .7 else b"")
    return b"\xef\xbb\xbf" + data if rng.random() < .3 else data


def pack(name, data):
    """Compress by extension; zstd in several frames."""
    if name.endswith(".gz"):
        return gzip.compress(data, mtime=0)
    if name.endswith(".zst"):
        packer = zstandard.ZstdCompressor(level=3)
        step = max(1, len(data) // 3)
        return b"".join(packer.compress(data[i:i + step])
                        for i in range(0, len(data), step))
    return data


def write(rng, folder, lines, planted, kind):
    """Deal the lines to the files; bad JSON lines only to JSON files."""
    os.makedirs(os.path.join(folder, "sub"), exist_ok=True)
    hands = {name: [] for name in NAMES}
    for line in lines:
        name = rng.choice(NAMES)
        while isinstance(line, bytes) and ".csv" in name:
            name = rng.choice(NAMES)
        hands[name].append(line)
    for name, hand in hands.items():
        data = content(rng, name, hand, planted, kind)
        with open(os.path.join(folder, name), "wb") as file:
            file.write(pack(name, data))
    planted["header"] = sum(".csv" in name for name in NAMES)
