"""The same with few columns."""
from common import *

folder = data()
warm(folder)
zstd, ours = least(lambda: zstd_test(folder), lambda: build(2, folder, job=FEW)[0])
report("columns", "build, few columns / zstd -t", ours / zstd, must=2.4, aim=1.6, build_s=ours, zstd_s=zstd)
