"""The same with few columns."""
from common import *

folder = data()
warm(folder)
zstd, each_core, ours = least(lambda: zstd_test(folder), lambda: zstd_test_each_core(folder),
                              lambda: build(2, folder, job=FEW)[0])
report("columns", "build, few columns / zstd -t", ours / each_core, must=2.4, aim=1.6, one_process=ours / zstd, build_s=ours,
       zstd_s=zstd, zstd_each_core_s=each_core)
