"""Ten times the events with the same memory per rank: finishes, in about ten times the time."""
from common import *

small, large = data(), data(events=10 * EVENTS, files=80)
base = build(2, small, "--memory", "256M")[0]
say("%d events: %.2f s" % (EVENTS, base))
ten, summary = build(2, large, "--memory", "256M")
report("memory", "10 x the events, --memory 256M", ten / base, must=12.0, aim=10.5, base_s=base, ten_s=ten,
       peak_memory=summary["bytes"]["peak_memory"], spilled=summary["bytes"]["spilled"])
