#!/usr/bin/python3
"""The portrait of some logs, computed from the definitions alone."""

import argparse
import json
import sys
from fractions import Fraction

import segments
from compare import compare
from job import load_job
from portrait import Portrait


def plain(value):
    """A cell for JSON; money and shares as the nearest float."""
    if isinstance(value, Fraction):
        return float(value)
    return value


def plain_rows(rows):
    return {key if isinstance(key, str) else "|".join(map(str, key)):
            {name: plain(v) for name, v in row.items()
             if not name.startswith("_")}
            for key, row in rows.items()}


def as_json(portrait):
    """Everything that was computed."""
    intake = portrait.intake
    return {
        "as_of": intake.as_of, "log_start": intake.log_start,
        "columns": portrait.columns,
        "users": plain_rows(portrait.rows),
        "hour_histogram": {u: [float(x) for x in row] for u, row
                           in portrait.histogram("hour_histogram").items()},
        "weekday_histogram": {
            u: [float(x) for x in row] for u, row
            in portrait.histogram("weekday_histogram").items()},
        "summary": plain_rows(segments.summary(portrait.rows)),
        "tgi": plain_rows(segments.tgi(portrait.rows)),
        "hours": plain_rows(segments.hours(portrait.rows)),
        "rejects": [[reason, source, n] for (reason, source), n
                    in sorted(intake.rejects.items())],
        "lines": intake.line_table(),
    }


def print_counts(portrait):
    """The accounting, for a reader."""
    for source, counts in sorted(portrait.intake.line_table().items()):
        print(f"{source}: " + ", ".join(
            f"{n} {name}" for name, n in counts.items() if n))
    for (reason, source), n in sorted(portrait.intake.rejects.items()):
        print(f"rejected {reason} from {source}: {n}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", nargs="+", metavar="INPUT")
    parser.add_argument("--job", help="job file")
    parser.add_argument("--json", help="write everything computed there")
    parser.add_argument("--compare", help="the program's profiles.h5ad")
    parser.add_argument("--only-known", action="store_true",
                        help="let columns pass which no oracle knows")
    options = parser.parse_args()
    portrait = Portrait(load_job(options.job), options.inputs)
    print_counts(portrait)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(as_json(portrait), file, ensure_ascii=False, indent=1)
    if options.compare:
        if not compare(portrait, options.compare, options.only_known):
            sys.exit(1)
    else:
        print(f"oracle: {len(portrait.columns)} columns, "
              f"{len(portrait.rows)} users")


if __name__ == "__main__":
    main()
