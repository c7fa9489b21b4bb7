#!/usr/bin/python3
"""Every kind of make_data.py with every job file of that kind.

The rejects must be those that were planted, and the order of files must
not matter. With --product the program's file is compared as well.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import make_data
from compare import compare
from job import load_job
from portrait import Portrait
from product import add_options, run_product
from reader import find_logs

HERE = os.path.dirname(os.path.abspath(__file__))
# Job files under which other lines are rejected than were planted.
OTHER_REJECTS = ("keys", "money", "metrics_odd")


def generate(folder, kind, options):
    """Write the logs of one kind; gives what was planted."""
    command = [sys.executable, os.path.join(HERE, "make_data.py"), folder,
               "--kind", kind, "--users", str(options.users),
               "--events", str(options.events), "--seed", str(options.seed)]
    subprocess.run(command + (["--heavy"] if options.heavy else []),
                   check=True)
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as file:
        return json.load(file)


def check_planted(portrait, planted):
    """Rejects by reason, blank and header lines as planted."""
    found = {}
    for (reason, _), n in portrait.intake.rejects.items():
        found[reason] = found.get(reason, 0) + n
    for name in ("blank", "header"):
        found[name] = sum(c[name] for c
                          in portrait.intake.line_table().values())
    expected = {k: n for k, n in planted.items() if k != "repeated"}
    found = {k: n for k, n in found.items() if n}
    assert found == expected, f"found {found}, planted {expected}"


def check_order(portrait, job, logs):
    """The same rows for the files the other way round."""
    files = list(find_logs([logs]))
    assert Portrait(job, files[::-1]).rows == portrait.rows, \
        "the order of files matters"


def run_job(folder, name, planted, options):
    """One job file over the logs of its kind."""
    path = os.path.join(folder, name + ".yaml")
    logs = os.path.join(folder, "logs")
    job = load_job(path)
    portrait = Portrait(job, [logs])
    if name not in OTHER_REJECTS:
        check_planted(portrait, planted)
    if options.order:
        check_order(portrait, job, logs)
    if options.product and not compare(
            portrait, run_product(options, path, logs, folder),
            options.only_known):
        raise AssertionError("the program's file differs")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--kind", choices=make_data.KINDS)
    parser.add_argument("--users", type=int, default=150)
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heavy", action="store_true")
    parser.add_argument("--order", action="store_true",
                        help="compute with the files reversed too")
    options = parser.parse_args()
    failed = 0
    for kind in [options.kind] if options.kind else make_data.KINDS:
        with tempfile.TemporaryDirectory() as folder:
            planted = generate(folder, kind, options)
            for name in make_data.JOBS[kind]:
                try:
                    run_job(folder, name, planted, options)
                    print(f"ok {kind} {name}", flush=True)
                except (AssertionError, subprocess.SubprocessError) as error:
                    failed += 1
                    print(f"FAILED {kind} {name}: {error}", flush=True)
    print(f"test_synth: {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
