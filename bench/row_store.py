"""A build from a store over a build from the raw logs, both without the output stage."""
import shutil

from common import *

folder = data()
store = path("store", "x", "")
shutil.rmtree(os.path.dirname(store), ignore_errors=True)
ingest = run(mpi(2, PORTRAIT, "ingest", "-q", folder, "--store", store))
warm(folder)
raw, stored = least(lambda: without_output(build(2, folder)), lambda: without_output(build(2, "--store", store)))
report("store", "build --store / build, without output", stored / raw, must=0.35, aim=0.15, store_s=stored, raw_s=raw,
       ingest_s=ingest)
