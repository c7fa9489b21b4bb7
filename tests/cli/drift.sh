#!/bin/bash
# build --previous: flows and stability index of every tag against what pandas makes of the two files; any number of ranks.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 900 --events 30000 -o logs
printf '%s\n' '{"time":"2025-06-01T10:00:00Z","user_id":"gone","event":"view","channel":"app"}' >gone.jsonl
printf 'as_of: 2025-12-01\n' >then.yaml
printf 'segments:\n  max_labels: 3\n' >now.yaml
build 2 then.h5ad -c then.yaml logs gone.jsonl
build 1 now.h5ad -c now.yaml logs --previous then.h5ad
for n in 2 3 4; do
  build $n now$n.h5ad -c now.yaml logs --previous then.h5ad
  same now.h5ad now$n.h5ad
done
check "flows and index" "$python" - <<'P'
import anndata, math
import pandas as pd
then, now = anndata.read_h5ad("then.h5ad"), anndata.read_h5ad("now.h5ad")
drift, psi = now.uns["segments"]["drift"], now.uns["segments"]["psi"].set_index("tag")
summary = now.uns["segments"]["summary"]
tags = list(psi.index)
assert set(drift.tag) == set(tags) >= set(now.var["tag"]) and len(tags) > 3
assert "gone" in then.obs_names and "gone" not in now.obs_names
users = then.obs_names.union(now.obs_names)
assert len(users) > len(now.obs_names)
for tag in tags:
    labels = list(summary.label[summary.tag == tag])
    name = lambda v: "(unknown)" if pd.isna(v) else v if v in labels else "other"
    state = {}
    for key, a in (("then", then), ("now", now)):
        s = a.obs[tag].astype(object).map(name)
        state[key] = s.reindex(users, fill_value="(not in the file)")
    want = pd.crosstab(state["then"], state["now"]).stack()
    want = want[want > 0]
    got = drift[drift.tag == tag].set_index(["from", "to"]).users
    assert got.sum() == len(users)
    assert dict(got) == dict(want), (tag, got, want)
    all_labels = sorted(set(labels) | ({"other"} if (state["then"] == "other").any() else set()))
    n = {k: state[k].value_counts().reindex(all_labels, fill_value=0) for k in state}
    assert psi.labels[tag] == len(all_labels)
    if not all(v.sum() for v in n.values()):
        assert math.isnan(psi.psi[tag]), tag
        continue
    part = {k: (v + .5) / (v.sum() + .5 * len(all_labels)) for k, v in n.items()}
    value = sum((part["now"][l] - part["then"][l]) * math.log(part["now"][l] / part["then"][l]) for l in all_labels)
    assert math.isclose(psi.psi[tag], value, rel_tol=1e-9, abs_tol=1e-12), (tag, psi.psi[tag], value)
assert (psi.psi > 1e-6).any()
P
printf 'segments:\n  max_labels: 3\nprivacy:\n  k: 20\n' >few.yaml
build 2 few.h5ad -c few.yaml logs --previous then.h5ad
check "small flows are left out, and none of a row or column alone" "$python" - <<'P'
import anndata
key = ["tag", "from", "to"]
full = anndata.read_h5ad("now.h5ad").uns["segments"]["drift"].set_index(key).users
few = anndata.read_h5ad("few.h5ad").uns["segments"]["drift"].set_index(key).users
assert list(full.index) == list(few.index)
assert few.isna().any() and few.notna().any()
assert few[full < 20].isna().all() and (few.dropna() == full[few.notna()]).all()
for line in (["tag", "from"], ["tag", "to"]):
    groups = few.groupby(level=line)
    assert not ((groups.size() > 1) & (groups.apply(lambda g: g.isna().sum()) == 1)).any()
P
build 2 same.h5ad -c now.yaml logs --previous now.h5ad
check "nothing moves" "$python" - <<'P'
import anndata
s = anndata.read_h5ad("same.h5ad").uns["segments"]
assert (s["drift"]["from"] == s["drift"].to).all() and (s["psi"].psi.dropna() == 0).all() and s["psi"].psi.notna().any()
P
exits 66 "no such file" "$portrait" build logs --previous nowhere.h5ad -o x.h5ad
one_error_line "no such file"
absent x.h5ad
finish
