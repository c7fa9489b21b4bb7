"""The output stage's bytes per second against a plain parallel HDF5 write of as many raw bytes: contiguous and
uncompressed, flushed and read back as the output stage does."""
from common import *

folder = data()
plain_program = path("tmp", "h5write")
run(["mpicc", "-O2", "-o", plain_program, os.path.join(BENCH, "h5write.c"),
     *subprocess.check_output(["pkg-config", "--cflags", "--libs", "hdf5-openmpi"], text=True).split()])
ours, plain, into_cache, raw = None, None, None, 0
for turn in range(REPEAT):
    summary = build(2, folder)[1]
    raw = summary["bytes"]["columns"]
    stage_seconds = stage(summary, "output")
    done = subprocess.run(mpi(2, plain_program, path("tmp", "plain.h5"), raw), stdout=subprocess.PIPE, check=True, text=True)
    say("turn %d: output %.2f s, plain %s s (of it into the page cache)" % (turn + 1, stage_seconds, done.stdout.strip()))
    ours = min(ours or stage_seconds, stage_seconds)
    seconds, cached = map(float, done.stdout.split())
    if plain is None or seconds < plain:
        plain, into_cache = seconds, cached
report("output", "output stage / plain parallel HDF5 write, bytes/s", plain / ours, must=0.3, aim=0.8, higher=True,
       raw_bytes=raw, output_s=ours, plain_s=plain, plain_cached_s=into_cache, output_mb_s=raw / ours / 1e6, plain_mb_s=raw / plain / 1e6)
