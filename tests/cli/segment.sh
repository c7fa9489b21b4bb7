#!/bin/bash
# Segments of the job file in /uns/segments, and `portrait segment` over a finished file, against figures worked out from
# the file's own columns; any number of ranks; ids that a spreadsheet would run.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 3000 --events 60000 -o logs
cat >job.yaml <<'J'
segments:
  spender: net_spend_all > 100
  visitor: orders_all == 0
  nobody: orders_all < 0
J
build 1 p.h5ad -c job.yaml logs
for n in 2 3 4; do
  build $n p$n.h5ad -c job.yaml logs
  same p.h5ad p$n.h5ad
done

check "tables of the job file's segments" "$python" - <<'P'
import anndata, numpy as np
a = anndata.read_h5ad("p.h5ad")
s = a.uns["segments"]
want = {"all": np.full(a.n_obs, True), "spender": (a.obs.net_spend_all > 100).to_numpy(),
        "visitor": (a.obs.orders_all == 0).to_numpy(), "nobody": np.full(a.n_obs, False)}
summary = s["summary"].set_index("segment")
assert list(summary.index[:4]) == list(want)
for name, rows in want.items():
    assert summary.users[name] == rows.sum(), name
    assert abs(summary.net_spend_all[name] - a.obs.net_spend_all[rows].sum()) < 1e-6
m = s["members"]
assert m.shape == (3, a.n_obs) and m.has_sorted_indices
for i, name in enumerate(list(want)[1:]):
    assert (m[i].indices == np.flatnonzero(want[name])).all(), name
o = s["overlap"].set_index(["segment", "other"])
assert len(o) == 3 and o.users["spender", "visitor"] == 0 and o.users_segment["spender", "nobody"] == want["spender"].sum()
g = s["growth"]
seen = a.obs.last_seen.notna().sum()
for name, rows in want.items():
    assert g[g.segment == name].new.sum() == (rows & a.obs.first_seen.notna().to_numpy()).sum(), name
c = s["cohorts"]
c = c[c.segment == "all"]
assert c[c.months_since == 0].users.sum() == (a.obs.orders_all > 0).sum()
assert abs(c.spend.sum() - a.obs.spend_all.sum()) < 1e-6 and abs(c.net_spend.sum() - a.obs.net_spend_all.sum()) < 1e-6
b = s["burst"]
assert b[b.segment == "all"].orders.sum() == a.obs.orders_all.sum()
f = s["funnel"]
f = f[f.segment == "all"].set_index("event")
for event in ("view", "cart_add", "purchase"):
    assert f.users[event] == (a.obs[event + "_count_all"] > 0).sum(), event
closed = a.obs.funnel_closed
reached = closed.cat.codes >= list(closed.cat.categories).index("purchase")
assert f.closed["purchase"] == reached.sum()
t = s["trend"]
assert t[t.segment == "all"].purchases.sum() == a.obs.purchase_count_all.sum()
r = s["retention"]
r = r[(r.segment == "all") & (r.week == 0)]
assert (r.on_day == r.users).all() and r.users.sum() == a.obs.first_seen.notna().sum()
P

expression='net_spend_all > 100 and activity_level != "high"'
exits 0 "segment" "$portrait" segment p.h5ad "$expression" -o ids.csv
check "segment tells users" grep -q '^users ' out
is "mode of the ids" "$(stat -c %a ids.csv)" 600
exits 0 "segment --json" "$portrait" segment p.h5ad "$expression" --json --tgi 0 -o ids.txt --format lines
cp out one.json
check "figures and ids of the segment" "$python" - <<'P'
import csv, json, math
import anndata, numpy as np
a = anndata.read_h5ad("p.h5ad")
o = a.obs
rows = ((o.net_spend_all > 100) & (o.activity_level != "high") & o.activity_level.notna()).to_numpy()
j = json.load(open("one.json"))
got = j["segment"]
buyers = rows & (o.orders_all > 0).to_numpy()
net = o.net_spend_all[buyers]
assert 0 < rows.sum() == j["users"] == got["users"] < a.n_obs == j["all"]["users"]
close = lambda x, y: math.isclose(x, y, rel_tol=1e-9)
assert close(got["share"], rows.mean()) and got["buyers"] == buyers.sum()
assert got["orders_all"] == o.orders_all[rows].sum() and close(got["net_spend_all"], o.net_spend_all[rows].sum())
assert close(got["net_spend_mean"], net.mean()) and close(got["net_spend_median"], net.median())
assert close(got["net_spend_p90"], net.quantile(.9)) and close(got["recency_mean"], o.days_since_purchase[buyers].mean())
assert close(got["active_days_mean"], o.active_days_365d[rows].mean())
summary = a.uns["segments"]["summary"].iloc[0]
for name, value in j["all"].items():
    assert close(value, summary[name]), name
tags = {r["tag"] for r in j["tgi"]}
assert "activity_level" not in tags and "daypart" in tags, tags
for r in j["tgi"]:
    tag = o[r["tag"]]
    k, n1 = (tag[rows] == r["label"]).sum(), tag[rows].notna().sum()
    K, n = (tag == r["label"]).sum(), tag.notna().sum()
    assert (r["k"], r["n1"], r["k_all"], r["n"]) == (k, n1, K, n), r
    assert close(r["tgi"], 100 * (k / n1) / (K / n))
    if K == n or n1 == n:
        assert r["z"] is None, r
        continue
    z = (k / n1 - K / n) / math.sqrt(K / n * (1 - K / n) * (1 / n1 - 1 / n))
    assert math.isclose(r["z"], z, rel_tol=1e-6, abs_tol=1e-9), r
assert [r["tgi"] for r in j["tgi"]] == sorted((r["tgi"] for r in j["tgi"]), reverse=True)
ids = list(a.obs_names[rows])
assert [r["user_id"] for r in csv.DictReader(open("ids.csv", newline=""))] == ids
assert open("ids.txt").read().splitlines() == ids
P
for n in 2 3 4; do
  checks=$((checks + 1))
  run $n segment p.h5ad "$expression" -q -o ids$n.csv --json --tgi 0 >n$n.json || fail "segment with $n ranks"
  check "the same ids with $n ranks" cmp ids.csv ids$n.csv
  check "the same figures with $n ranks" cmp one.json n$n.json
done

# What a spreadsheet would run, and what RFC 4180 quotes.
"$python" - <<'P' >odd.jsonl
import json
for user in ("=1+1", "+49", "-5", "@sum", "plain", 'say "x"', "a,b", "line\nbreak"):
    print(json.dumps({"time": "2026-03-01T10:00:00Z", "user_id": user, "event": "view"}))
P
build 2 odd.h5ad odd.jsonl
exits 0 "segment of odd ids" "$portrait" segment odd.h5ad 'view_count_all > 0' -o odd.csv
check "odd ids are safe" "$python" - <<'P'
import csv
rows = [r[0] for r in csv.reader(open("odd.csv", newline=""))][1:]
assert sorted(rows) == sorted(["'=1+1", "'+49", "'-5", "'@sum", "plain", 'say "x"', "a,b", "line\nbreak"]), rows
assert '"say ""x"""' in open("odd.csv").read()
P
exits 65 "a line break in lines" "$portrait" segment odd.h5ad 'view_count_all > 0' -o odd.txt --format lines
absent odd.txt
exits 0 "nobody" "$portrait" segment odd.h5ad 'view_count_all > 5' -o none.csv
is "ids of nobody" "$(cat none.csv)" user_id

exits 0 "a time" "$portrait" segment p.h5ad 'days_since(last_seen) < 30' --json
is "users of a time" "$("$python" -c 'import json; print(json.load(open("out"))["users"])')" \
  "$("$python" -c 'import anndata; print((anndata.read_h5ad("p.h5ad").obs.days_since_active < 30).sum())')"
exits 64 "unknown column" "$portrait" segment p.h5ad 'net_spend_al > 1'
says "did you mean 'net_spend_all'" "the nearest name"
one_error_line "unknown column"
exits 64 "broken expression" "$portrait" segment p.h5ad 'net_spend_all >'
exits 64 "no expression" "$portrait" segment p.h5ad
exits 64 "unknown format" "$portrait" segment p.h5ad 'orders_all > 1' --format xml
exits 66 "no file" "$portrait" segment nowhere.h5ad 'orders_all > 1'
mkfifo pipe
exits 74 "no regular file" "$portrait" segment p.h5ad 'orders_all > 1' -o pipe
exits 74 "no regular file, build" "$portrait" build odd.jsonl -o pipe
check "the pipe is still there" test -p pipe
exits 65 "fewer than k" "$portrait" segment odd.h5ad 'view_count_all > 0' --privacy-k 20 -o few.csv
absent few.csv
finish
