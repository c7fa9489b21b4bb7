"""The wide set: as many events of many more users, where the output dominates. No limit is set; it is told beside."""
from common import *

folder = data(users=WIDE_USERS)
warm(folder)
zstd, ours = least(lambda: zstd_test_each_core(folder), lambda: build(2, folder)[0])
report("wide", "build, all columns, %d users / zstd -t" % WIDE_USERS, ours / zstd, build_s=ours, zstd_s=zstd)
