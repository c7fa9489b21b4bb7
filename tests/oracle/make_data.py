#!/usr/bin/python3
"""Small adversarial logs in the `portrait` format, with job files.

Writes OUTDIR/logs/part-*.{jsonl,csv}[.zst|.gz], OUTDIR/*.yaml (job files
that fit the kind) and OUTDIR/truth.json: what was planted, by count.
"""

import argparse
import glob
import json
import os
import random
from collections import Counter

import bad_lines
import log_files
from events import People

KINDS = ("mixed", "tz", "dups", "hostile")
JOBS = {
    "mixed": {
        "plain": "{}\n",
        "keys": """\
as_of: 2026-03-20
timezone: Europe/Berlin
windows: [1, 14, 60]
session_gap: 10
counted_events: [view, purchase, "Größe-Test!", wishlist, coupon_use]
visit_events: [wishlist]
cart_abandon: 24 h
essential_categories: [food]
funnel: {steps: [search, view, cart_add, purchase]}
clean: {duplicates: keep, integer_ids: false}
identity: user_id
""",
        "money": """\
money: {currency: EUR, rates: {USD: 0.9173, JPY: 0.0061}}
clean: {duplicates: exact}
""",
    },
    "tz": {
        name.rsplit("/", 1)[1].lower(): f"timezone: {name}\n"
        for name in ("America/New_York", "Asia/Kathmandu",
                     "Australia/Lord_Howe", "America/St_Johns")},
    "dups": {mode: f"clean: {{duplicates: {mode}}}\n"
             for mode in ("event_id", "exact", "keep")},
    # With 60,000 events and more a day of this kind has over 1,000 lines,
    # and the default T leaves out the days of the wrong clocks.
    "hostile": {"hostile": "clean: {max_rejects: 1}\n"
                           "as_of: 2026-03-20T12:00:00+02:00\n",
                "clocks": "timezone: America/Havana\n"},
}
# And those of jobs/KIND_NAME.yaml.
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jobs")
for path in sorted(glob.glob(os.path.join(FOLDER, "*.yaml"))):
    kind, _, name = os.path.basename(path)[:-len(".yaml")].partition("_")
    if kind in KINDS:
        with open(path, encoding="utf-8") as source:
            JOBS[kind][name] = source.read()
# How many times in 100 events a line is written twice, and with which id.
REPEATS = {"mixed": 2, "tz": 0, "dups": 25, "hostile": 5}
BAD = {"mixed": 1, "tz": 0, "dups": 0, "hostile": 12}


def repeated(rng, event):
    """The event once more: as it is, or another with the same id."""
    if "event_id" not in event or rng.random() < .5:
        return dict(event)
    other = {k: v for k, v in event.items() if k != "received_at"}
    other["time"] = rng.choice([event["time"], "2026-02-01T10:00:00Z"])
    other["event"] = rng.choice(["view", "click", event["event"]])
    return other


def plan_lines(options):
    """(lines as dicts or bytes, counts of what was planted)."""
    rng = random.Random(options.seed)
    people = People(rng, options)
    lines, planted = [], Counter()
    for event in people.events():
        lines.append(event)
        if rng.randrange(100) < REPEATS[options.kind]:
            lines.append(repeated(rng, event))
            planted["repeated"] += 1
        if rng.randrange(100) < BAD[options.kind]:
            reason, line = bad_lines.make(rng)
            lines.append(line)
            planted[reason] += 1
    rng.shuffle(lines)
    return lines, planted


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outdir")
    parser.add_argument("--kind", choices=KINDS, default="mixed")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heavy", action="store_true",
                        help="one more user, with 200,000 events")
    options = parser.parse_args()
    lines, planted = plan_lines(options)
    os.makedirs(os.path.join(options.outdir, "logs"), exist_ok=True)
    rng = random.Random(options.seed + 1)
    log_files.write(rng, os.path.join(options.outdir, "logs"), lines,
                    planted, options.kind)
    for name, text in JOBS[options.kind].items():
        with open(os.path.join(options.outdir, name + ".yaml"), "w",
                  encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(options.outdir, "truth.json"), "w",
              encoding="utf-8") as file:
        json.dump(planted, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    main()
