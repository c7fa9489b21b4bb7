"""metrics.py FILE LOGS: what the metrics of metrics.sh must be, worked out from the lines by the words of the manual, against
the columns of FILE."""
import datetime
import fractions
import glob
import json
import subprocess
import sys

import h5py
import numpy as np

DAY = 86400000
events = []
for path in sorted(glob.glob(sys.argv[2] + "/part-*")):
    for line in subprocess.run(["zstdcat", path], capture_output=True, check=True).stdout.decode().splitlines():
        e = json.loads(line)
        t = datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00"))
        e["ms"] = round((t - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(milliseconds=1))
        e["hour"] = t.hour
        for name in ("price", "amount", "quantity", "discount"):
            if name in e:
                e[name] = fractions.Fraction(str(e[name]))
        e.setdefault("quantity", fractions.Fraction(1))
        if "amount" not in e and "price" in e:
            e["amount"] = e["price"] * e["quantity"] - e.get("discount", 0)
        if e["event"] == "purchase" and e.get("amount", 0) < 0:
            e["event"] = "refund"
        e["amount"] = abs(e["amount"]) if "amount" in e else None
        events.append(e)
file = h5py.File(sys.argv[1], "r")
as_of = json.loads(file["uns/run"][()])["as_of"]
as_of = datetime.datetime.fromisoformat(as_of.replace("Z", "+00:00")).timestamp() * 1000
last_day = int((as_of - 1) // DAY)
users = [u for u in file["obs/user_id"].asstr()[()]]
of_user = {u: [] for u in users}
for e in events:
    if e["ms"] < as_of:
        of_user[e["user_id"]].append(e)
for u in users:
    of_user[u].sort(key=lambda e: e["ms"])
    seen = set()
    of_user[u] = [e for e in of_user[u] if e.get("event_id") is None or not (e["event_id"] in seen or seen.add(e["event_id"]))]


def column(name):
    node = file["obs/" + name]
    if isinstance(node, h5py.Dataset):
        return [None if v != v else v for v in node[()]]
    if "codes" in node:
        texts = node["categories"].asstr()[()]
        return [None if c < 0 else texts[c] for c in node["codes"][()]]
    return [None if m else v for v, m in zip(node["values"][()], node["mask"][()])]


def top(values):
    cells = {}
    for v, ms in values:
        count, latest = cells.get(v, (0, 0))
        cells[v] = (count + 1, max(latest, ms))
    most = max(c for c in cells.values()) if cells else None
    return min((v for v in cells if cells[v] == most), key=lambda v: v.encode()) if cells else None


def real(x):
    return None if x is None else float(x)


def home(e):
    return e.get("category", "").startswith("home")


def check(name, days, take, value, make):
    got = column(name)
    wrong = 0
    for row, u in enumerate(users):
        mine = [e for e in of_user[u] if take(e) and (days is None or last_day - e["ms"] // DAY < days)]
        values = [(v, e["ms"]) for e in mine for v in [value(e)] if v is not None]
        want = make(values)
        if got[row] != want:
            wrong += 1
            if wrong < 4:
                print("%s of %s: %r, not %r" % (name, u, got[row], want))
    known = sum(v is not None and v != 0 for v in got)
    if known == 0:
        print("%s says nothing of anybody" % name)
    return wrong == 0 and known > 0


def of(*names):
    return lambda e: e["event"] in names


def field(name):
    return lambda e: e.get(name)


count, total = len, lambda v: float(sum(x for x, _ in v))
mean = lambda v: float(sum(x for x, _ in v) / len(v)) if v else None
least = lambda v: real(min((x for x, _ in v), default=None))
most = lambda v: real(max((x for x, _ in v), default=None))
first, last = lambda v: v[0][0] if v else None, lambda v: v[-1][0] if v else None
different, days = lambda v: len({x for x, _ in v}), lambda v: len({ms // DAY for _, ms in v})
anything, purchase, view = lambda e: True, of("purchase"), of("view")
good = [
    check("spent_90d", 90, purchase, field("amount"), total),
    check("spent_all", None, purchase, field("amount"), total),
    check("kitchen", 365, lambda e: purchase(e) and home(e) and e["quantity"] > 1, lambda e: e["price"] * e["quantity"], total),
    check("buys", None, of("purchase", "order"), anything, count),
    check("got_back", None, of("refund"), field("amount"), total),
    check("avg_price_90d", 90, view, field("price"), mean),
    check("avg_price_all", None, view, field("price"), mean),
    check("low", None, purchase, field("price"), least),
    check("high_all", None, purchase, lambda e: e["price"] * 3, most),
    check("since", None, of("favorite"), field("ms"), first),
    check("latest_365d", 365, of("view", "click"), field("ms"), last),
    check("first_brand", None, purchase, field("brand"), first),
    check("last_channel_90d", 90, anything, field("channel"), last),
    check("items_seen_7d", 7, view, field("item_id"), different),
    check("items_seen_90d", 90, view, field("item_id"), different),
    check("items_seen_all", None, view, field("item_id"), different),
    check("brands", None, of("view", "click"), field("brand"), different),
    check("prices", None, view, lambda e: e["price"] / 2, different),
    check("night_days_90d", 90, lambda e: e["hour"] < 6, anything, days),
    check("fav_90d", 90, view, field("brand"), top),
    check("fav_all", None, view, field("brand"), top),
    check("kind", None, anything, lambda e: "home" if home(e) else e.get("channel", "").lower() or None, top),
    check("group", None, view, lambda e: "home" if home(e) else "rest", top),
    check("what", 90, anything, field("event"), top),
    check("one_item", None, lambda e: e.get("item_id") in ("p000086", "p000001", "p000002"), anything, count),
    check("not_item", None, lambda e: "item_id" in e and e["item_id"] != "p000086", anything, count),
    check("share_mail", None, lambda e: "channel" in e, lambda e: int(e["channel"] == "email"), mean),
]
spend = column("spend_90d")
if column("spent_90d") != spend:
    print("spent_90d is not spend_90d")
    good.append(False)
sys.exit(not all(good))
