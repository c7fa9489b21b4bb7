"""Two ranks against one."""
from common import *

folder = data()
warm(folder)
one, two = least(lambda: build(1, folder)[0], lambda: build(2, folder)[0])
report("ranks", "build, n = 1 / n = 2", one / two, must=1.8, aim=1.95, higher=True, one_s=one, two_s=two)
