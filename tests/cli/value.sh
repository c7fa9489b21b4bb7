#!/bin/bash
# Value and lifecycle: the same bits for any number of ranks with keys other than the defaults; a rule of one's own
# reads the scores; only what is asked for is there; a wrong key is told.
. "$(dirname "$0")/lib.bash" "$1"
cat >job.yaml <<'Y'
rfm: {window: all, octant_recency: median, octant_monetary: 25.5}
value: {tier_a: 0.5}
tags:
  mine: {cases: [{when: rfm_score >= 500, label: top}], default: rest}
Y
synth --users 120 --events 5000 --files 2 -o logs
build 1 one.h5ad -c job.yaml logs
build 3 three.h5ad -c job.yaml logs
check "same bits" "$python" "$here/same.py" one.h5ad three.h5ad
check "the rule of one's own" "$python" -c 'import h5py; f = h5py.File("one.h5ad"); o = f["obs"]
s = o["rfm_score/values"][:] * (1 - o["rfm_score/mask"][:]); c = [x.decode() for x in o["mine/categories"][:]]
assert all((c[k] == "top") == (v >= 500) for k, v, m in zip(o["mine/codes"][:], s, o["rfm_score/mask"][:]) if not m)
assert 0 < f["uns/value/gini/gini"][0] < 1 and len(f["uns/value/lorenz/users"]) == 21'
printf 'columns: [value_decile]\n' >few.yaml
build 1 few.h5ad -c few.yaml logs
check "only what is asked" "$python" -c 'import h5py; f = h5py.File("few.h5ad"); assert "value_decile" in f["obs"] and "rfm_r" not in f["obs"] and "value" not in f["uns"]'
printf 'rfm: {octant_recency: middle}\n' >bad.yaml
exits 78 "a threshold that is none" "$portrait" build -q -c bad.yaml logs -o bad.h5ad
finish
