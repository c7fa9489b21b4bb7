"""build on both cores from raw logs, all columns, output included, over the command `zstd -t` of the same files; and per
core: over zstd -t by as many processes as there are ranks."""
from common import *

folder = data()
warm(folder)
zstd, each_core, ours = least(lambda: zstd_test(folder), lambda: zstd_test_each_core(folder), lambda: build(2, folder)[0])
report("build", "build, all columns / zstd -t", ours / zstd, must=3.0, aim=2.0, per_core=ours / each_core, build_s=ours,
       zstd_s=zstd, zstd_each_core_s=each_core, ns_per_event_and_core=2e9 * ours / EVENTS)
