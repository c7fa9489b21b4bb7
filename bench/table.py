"""table.py ROW...: the results as a table; exit 1 where a must is not met."""
import json
import os
import sys

results = []
for row in sys.argv[1:]:
    with open(os.path.join(os.environ["PORTRAIT_BENCH_DIR"], "results", row + ".json")) as f:
        results.append(json.load(f))


def limit(r, which):
    if r[which] is None:
        return "-"
    return "%s %g" % (">=" if r["higher"] else "<=", r[which])


def verdict(r):
    if r["must"] is None:
        return "told"
    return "aim met" if r["aim_met"] else "must met" if r["must_met"] else "FAILED"


width = max(len(r["figure"]) for r in results)
print("\n%-*s %9s %9s %9s  %s" % (width, "figure", "value", "must", "aim", ""))
for r in results:
    if r.get("one_process"):
        r["told"] = "(%.2f against one process of zstd -t)" % r["one_process"]
    print("%-*s %9.3f %9s %9s  %s" % (width, r["figure"], r["value"], limit(r, "must"), limit(r, "aim"), verdict(r)), r.get("told", ""))
sys.exit(any(r["must_met"] is False for r in results))
