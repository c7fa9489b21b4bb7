"""What the rows share: paths, data, timing, results. A row measures both sides of its ratio in turns, and takes the
least time of each, so that what else the machine does touches both alike."""
import glob
import json
import os
import subprocess
import sys
import time

BENCH = os.path.dirname(os.path.abspath(__file__))
DIR = os.environ["PORTRAIT_BENCH_DIR"]
PORTRAIT = os.environ["PORTRAIT"]
EVENTS = int(os.environ["BENCH_EVENTS"])
USERS = int(os.environ["BENCH_USERS"])
WIDE_USERS = int(os.environ["BENCH_WIDE_USERS"])
REPEAT = int(os.environ["BENCH_REPEAT"])
LAST_DAY = "2026-03-31"
FEW = "columns: [orders_*, spend_*, purchase_*, \"*_count_*\"]\n"


def path(*parts):
    p = os.path.join(DIR, *parts)
    os.makedirs(os.path.dirname(p), exist_ok=True)
    return p


def say(text):
    print("    " + text, file=sys.stderr, flush=True)


def run(cmd, **more):
    """Seconds of a command that must succeed; what it says is shown where it does not."""
    start = time.monotonic()
    done = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    seconds = time.monotonic() - start
    if done.returncode:
        sys.exit("bench: %s: exit %d\n%s" % (" ".join(map(str, cmd)), done.returncode, done.stdout[-3000:]))
    return seconds


def mpi(n, *args):
    return ["mpirun", "-q", "-n", str(n), *map(str, args)]


def data(events=EVENTS, users=USERS, files=8):
    """The folder of a synthetic log, made once."""
    folder = path("data", "%d-%d-%d" % (events, users, files))
    if not os.path.exists(folder + ".made"):
        say("making %d events of %d users" % (events, users))
        run(mpi(2, PORTRAIT, "synth", "-q", "--users", users, "--events", events, "--files", files, "-o", folder))
        open(folder + ".made", "w").close()
    return folder


def logs(folder):
    return sorted(glob.glob(os.path.join(folder, "part-*")))


def warm(folder):
    for name in logs(folder):
        with open(name, "rb") as f:
            while f.read(1 << 24):
                pass


def zstd_test(folder):
    """Seconds of `zstd -t` over the files, as one types it: one process, which uses one core."""
    return run(["zstd", "-tq", *logs(folder)])


def zstd_test_each_core(folder):
    """The same work by two processes side by side, each with files of like size."""
    lists = [[], []]
    for name in sorted(logs(folder), key=os.path.getsize, reverse=True):
        min(lists, key=lambda names: sum(map(os.path.getsize, names))).append(name)
    listed = path("tmp", "lists")
    with open(listed, "w") as f:
        for names in lists:
            f.write(" ".join(names) + "\n")
    return run(["xargs", "-a", listed, "-P", "2", "-L", "1", "zstd", "-tq"])


def build(n, *args, job=None, out="bench.h5ad"):
    """Seconds of a build, and its summary."""
    summary = path("tmp", "run.json")
    options = []
    if job is not None:
        with open(path("tmp", "job.yaml"), "w") as f:
            f.write(job)
        options = ["-c", path("tmp", "job.yaml")]
    scratch = path("scratch", "x")
    seconds = run(mpi(n, PORTRAIT, "build", "-q", *options, *args, "-o", path("tmp", out), "--summary", summary,
                      "--scratch", os.path.dirname(scratch)))
    with open(summary) as f:
        return seconds, json.load(f)


def stage(summary, name):
    return sum(s["max"] for s in summary["stages"] if s["stage"] == name)


def without_output(measured):
    seconds, summary = measured
    return seconds - stage(summary, "output")


def least(*sides):
    """The least seconds of each side, measured in turns."""
    best = [None] * len(sides)
    for turn in range(REPEAT):
        for i, side in enumerate(sides):
            seconds = side()
            say("turn %d, side %d: %.2f s" % (turn + 1, i + 1, seconds))
            best[i] = seconds if best[i] is None else min(best[i], seconds)
    return best


def report(row, figure, value, must=None, aim=None, higher=False, **details):
    """must and aim: limits of value, lower is better unless `higher`."""
    def within(limit):
        return None if limit is None else (value >= limit if higher else value <= limit)

    with open(path("results", row + ".json"), "w") as f:
        json.dump({"row": row, "figure": figure, "value": value, "must": must, "aim": aim, "higher": higher,
                   "must_met": within(must), "aim_met": within(aim), **details}, f, indent=1)
