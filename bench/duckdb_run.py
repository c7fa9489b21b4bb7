"""duckdb_run.py LOGS_GLOB OUT.parquet: runs duckdb.sql on 2 threads, prints the seconds of the statements.

duckdb.sql has one notation of its own, so that it can be read: {{for X: text,}} repeats text for each X. E: events,
W: windows (as 7d is a name and 7 a number, {W} is a name behind an underscore and a number elsewhere), H: hours."""
import os
import re
import sys
import time

import duckdb

EVENTS = "view search click favorite follow cart_add purchase review return share login".split()
WINDOWS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365, "all": 2147483647}


def window(text, name):
    text = text.replace("_{W}", "_" + name)
    return text.replace("{W}", str(WINDOWS[name]))


def expand(sql):
    def hours(m):
        return ", ".join(m.group(1).rstrip().rstrip(",").replace("{H}", str(h)) for h in range(24)) + m.group(2)

    def windows(m):
        return " ".join(window(m.group(1), w) for w in WINDOWS)

    def events(m):
        return " ".join(m.group(1).replace("{E}", e) for e in EVENTS)

    sql = re.sub(r"\{\{for H: (.*?,)\}\}(\]?)", lambda m: hours(m), sql)
    sql = re.sub(r"\{\{for W: ((?:(?!\{\{).)*?,)\}\}", windows, sql, flags=re.S)
    sql = re.sub(r"\{\{for E: (.*?,)\}\}", events, sql, flags=re.S)
    return re.sub(r",(\s*)FROM", r"\1FROM", sql)


def main():
    logs, out = sys.argv[1:3]
    here = os.path.dirname(os.path.abspath(__file__))
    sql = expand(open(os.path.join(here, "duckdb.sql")).read())
    sql = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
    sql = sql.replace("$logs", logs).replace("$out", out).replace("$last_day", "'" + os.environ["LAST_DAY"] + "'")
    db = duckdb.connect()
    db.execute("SET threads = 2; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
    start = time.monotonic()
    for statement in sql.split(";"):
        if not statement.strip():
            continue
        begin = time.monotonic()
        db.execute(statement)
        print("%8.2f s  %s" % (time.monotonic() - begin, " ".join(statement.split())[:60]), file=sys.stderr)
    print(time.monotonic() - start)


main()
