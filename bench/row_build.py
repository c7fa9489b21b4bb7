"""build from raw logs, all columns, output included, over zstd -t of the same files on the same cores."""
from common import *

folder = data()
warm(folder)
zstd, ours = least(lambda: zstd_test(folder), lambda: build(2, folder)[0])
report("build", "build, all columns / zstd -t", ours / zstd, must=3.0, aim=2.0, build_s=ours, zstd_s=zstd,
       ns_per_event_and_core=2e9 * ours / EVENTS)
