#!/usr/bin/python3
"""Small random logs with random job files, the program against us.

Run i of seed s is drawn from s and i alone: `--seed S --first I --runs 1
--keep DIR` makes it again and leaves its files in DIR.
"""

import argparse
import contextlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import columns
import random_files
import random_job
import scenes
from compare import compare
from job import load_job
from portrait import Portrait
from product import add_options, run_quietly

NOTHING_ACCEPTED, BAD_JOB = 65, 78


def make(folder, seed, number, options):
    """Write logs and job file of one run; gives the random source."""
    rng = random.Random(f"{seed}/{number}")
    users = rng.randrange(1, options.users + 1)
    block, lines, extension, first = random_files.plan(
        rng, scenes.population(rng, users),
        options.shape or random_files.SHAPES)
    random_files.write(rng, os.path.join(folder, "logs"), lines, extension,
                       first)
    job = random_job.draw(rng, block)
    for name in options.without:
        job.pop(name, None)
    with open(os.path.join(folder, "job.yaml"), "w",
              encoding="utf-8") as file:
        # Every JSON text is YAML too.
        json.dump(job, file, ensure_ascii=False, indent=1)
    return rng


def expected_code(portrait):
    """The exit code that a run deserves."""
    if not portrait.wanted and not any(
            columns.is_wanted(portrait.job, name, "activity")
            for name in ("hour_histogram", "weekday_histogram")):
        return BAD_JOB
    accepted = sum(c["accepted"]
                   for c in portrait.intake.line_table().values())
    return 0 if accepted else NOTHING_ACCEPTED


def check(folder, rng, options):
    """What is wrong with one run, as text; empty where nothing is."""
    job = os.path.join(folder, "job.yaml")
    logs = os.path.join(folder, "logs")
    portrait = Portrait(load_job(job), [logs])
    if not options.product:
        return ""
    code, out, path = run_quietly(options.product, rng.randrange(1, 5), job,
                                  logs, folder)
    expected = expected_code(portrait)
    if code != expected:
        return f"exit {code}, expected {expected}\n{out}"
    if code:
        return ""
    with contextlib.redirect_stdout(io.StringIO()) as text:
        equal = compare(portrait, path, options.only_known)
    return "" if equal else text.getvalue()


def run(number, options):
    """One run; True where it holds."""
    with tempfile.TemporaryDirectory() as folder:
        rng = make(folder, options.seed, number, options)
        try:
            wrong = check(folder, rng, options)
        except Exception:       # any: the next run is to follow
            wrong = traceback.format_exc()
        if options.keep and (wrong or options.runs == 1):
            place = os.path.join(options.keep, f"{options.seed}-{number}")
            shutil.copytree(folder, place, dirs_exist_ok=True)
    if wrong:
        print(f"FAILED --seed {options.seed} --first {number} --runs 1")
        print("\n".join(wrong.splitlines()[:options.lines]), flush=True)
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=1e9,
                        help="begin no run after so many")
    parser.add_argument("--shape", action="append",
                        choices=sorted(set(random_files.SHAPES)))
    parser.add_argument("--without", action="append", default=[],
                        help="a key the job files are not to have")
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--lines", type=int, default=30,
                        help="of each report")
    parser.add_argument("--keep", help="folder for the files of failed runs")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    results = []
    for number in range(options.first, options.first + options.runs):
        if time.monotonic() > end:
            break
        results.append(run(number, options))
    print(f"test_random: {results.count(False)} of {len(results)} runs "
          "failed")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
