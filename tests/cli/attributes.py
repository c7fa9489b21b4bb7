"""attributes.py FILE FOLDER: what was made of synthetic records against the records and the truth."""
import io
import json
import os
import sys
from datetime import date

import h5py
import zstandard


def lines(name):
    with open(os.path.join(sys.argv[2], name), "rb") as f:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(f), encoding="utf-8"):
            yield json.loads(line)


def column(obs, name):
    node = obs[name]
    if isinstance(node, h5py.Dataset):
        return list(node[()])
    if "codes" in node:
        labels = node["categories"].asstr()[()]
        return [None if c < 0 else labels[c] for c in node["codes"][()]]
    return [None if m else v for v, m in zip(node["values"][()], node["mask"][()])]


latest, conflicts = {}, {}
for r in lines("users.jsonl.zst"):
    old = latest.get(r["user_id"])
    if old:
        conflicts[r["user_id"]] = sum(old[k] != r[k] for k in ("city", "level"))
    latest[r["user_id"]] = r
truth = {r["user_id"]: r for r in lines("truth.jsonl.zst")}
with h5py.File(sys.argv[1]) as f:
    obs = f["obs"]
    names = ("gender_declared", "age", "city", "level", "height_cm", "push_permitted", "consent", "profile_conflicts",
             "registered_at", "occupation")
    rows = dict(zip(obs["user_id"].asstr()[()], zip(*(column(obs, n) for n in names))))
    as_of = json.loads(f["uns/run"].asstr()[()] if isinstance(f["uns/run"], h5py.Dataset) else "{}").get("as_of")
end = date.fromisoformat((as_of or "2026-04-01")[:10])
assert set(rows) == set(truth) and len(latest) > len(truth) / 2 and any(conflicts.values())
right = 0
for user, row in rows.items():
    r = latest.get(user)
    if not r:
        assert row[0] is None and row[1] is None and row[7] == 0, (user, row)
        continue
    born = date.fromisoformat(truth[user]["birth_date"])
    age = end.year - born.year - ((end.month, end.day) < (born.month, born.day))
    job = r["occupation"] if r["occupation"] != "gardener" else "other"
    want = (r["gender"], age, r["city"], r["level"], r["height_cm"], r["push_permitted"], ",".join(sorted(r["consent"])),
            conflicts.get(user, 0))
    assert row[:8] == want, (user, row, want)
    assert row[9] == job and row[8] is not None, (user, row)
    right += row[0] == truth[user]["gender"]
assert right > 0.9 * len(latest), (right, len(latest))
