"""Against DuckDB on two threads: duckdb.sql and the same columns by a build with columns.yaml; the results must be equal."""
from common import *

PYTHON = path("venv", "bin", "python")
folder = data()
ours_file, theirs_file = path("tmp", "few.h5ad"), path("tmp", "duckdb.parquet")
if not os.path.exists(PYTHON):
    say("installing duckdb")
    run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", path("venv")])
    run([PYTHON, "-m", "pip", "-q", "install", "duckdb"])
warm(folder)
with open(os.path.join(BENCH, "columns.yaml")) as f:
    columns = f.read()


def duckdb():
    done = subprocess.run([PYTHON, os.path.join(BENCH, "duckdb_run.py"), folder + "/part-*.jsonl.zst", theirs_file],
                          env=dict(os.environ, LAST_DAY=LAST_DAY), stdout=subprocess.PIPE, check=True, text=True)
    return float(done.stdout)


theirs, ours = least(duckdb, lambda: build(2, folder, job=columns, out="few.h5ad")[0])
equal = subprocess.run([PYTHON, os.path.join(BENCH, "duckdb_compare.py"), ours_file, theirs_file], stdout=subprocess.PIPE,
                       text=True)
say(equal.stdout.strip())
if equal.returncode:
    sys.exit("bench: the results differ")
report("duckdb", "DuckDB, 2 threads / build, the same columns", theirs / ours, must=4.0, aim=10.0, higher=True, duckdb_s=theirs,
       build_s=ours, equal=equal.stdout.strip().splitlines()[-1])
