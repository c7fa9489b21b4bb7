"""build on both cores from raw logs, all columns, output included, over zstd -t of the same files by as many processes as
there are ranks; told beside: over the command `zstd -t` as one types it, which uses one core."""
from common import *

folder = data()
warm(folder)
zstd, each_core, ours = least(lambda: zstd_test(folder), lambda: zstd_test_each_core(folder), lambda: build(2, folder)[0])
report("build", "build, all columns / zstd -t", ours / each_core, must=3.0, aim=2.0, one_process=ours / zstd, build_s=ours,
       zstd_s=zstd, zstd_each_core_s=each_core, ns_per_event_and_core=2e9 * ours / EVENTS)
