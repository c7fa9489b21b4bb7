#!/bin/bash
# Interests and the category table from outside: the same for any number of ranks with `other`, columns by the names of
# matrices, explain, and what the file says of them.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 300 --events 20000 --files 4 -o logs
cat >job.yaml <<'Y'
columns: ["*_interest", "category_table_*", category_demand, "top_*", "brand_top_*", category_interest_prior, kettles]
preference: {max_vocabulary: 20}
tags:
  kettles: {cases: [{when: 'interest("category", "home.kitchen.kettles") > 0.02', label: "yes"}], default: "no"}
Y
for n in 1 2 3; do build $n n$n.h5ad -c job.yaml logs; done
same n1.h5ad n2.h5ad
same n1.h5ad n3.h5ad
build 2 all.h5ad logs
check "anndata reads them" "$python" "$root/tests/cli/readers.py" n1.h5ad
check "the matrices agree with each other" "$python" - <<'P'
import anndata, numpy as np
cut, whole = anndata.read_h5ad("n1.h5ad"), anndata.read_h5ad("all.h5ad")
words, many = cut.uns["vocabulary"]["category"], whole.uns["vocabulary"]["category"]
assert len(words) == 21 and words[-1] == "other" and len(many) > 100, (len(words), len(many))
report = cut.uns["quality"]["vocabularies"].set_index("vocabulary")
assert report.loc["category", "entries"] == len(many), report
assert report.loc["category", "other"] == len(many) - 20, report
events, parts = cut.obsm["category_table_events"].toarray(), whole.obsm["category_table_events"].toarray()
assert (events.sum(axis=1) == parts.sum(axis=1)).all()
amount, all_amounts = cut.obsm["category_table_amount"].toarray(), whole.obsm["category_table_amount"].toarray()
assert np.allclose(amount.sum(axis=1), all_amounts.sum(axis=1), rtol=1e-12)
assert np.allclose(all_amounts.sum(axis=1), whole.obs["spend_all"], rtol=1e-12)
kettles = cut.obsm["category_interest"].toarray()[:, list(words).index("home.kitchen.kettles")] > .02
told = cut.obs["kettles"].notna().to_numpy()
assert kettles.sum() > 3 and ((cut.obs["kettles"] == "yes").to_numpy() == kettles)[told].all()
place = {w: i for i, w in enumerate(many)}
same = [place[w] for w in words[:-1]]
for name in ("category_interest", "category_demand", "category_table_first", "category_table_cycle_days"):
    a, b = cut.obsm[name].toarray()[:, :-1], whole.obsm[name].toarray()[:, same]
    assert a.dtype == b.dtype and ((a == b) | (np.isnan(a.astype(float)) & np.isnan(b.astype(float)))).all(), name
total = cut.obsm["category_interest"].sum(axis=1).A1 if hasattr(cut.obsm["category_interest"].sum(axis=1), "A1") else 0
assert (total <= 1 + 1e-5).all()
top = whole.obsm["category_interest"].toarray()
known = whole.obs["top_category"].notna().to_numpy()
assert known.sum() > 100 and (many[top.argmax(axis=1)][known] == whole.obs["top_category"].astype(str)[known]).all()
assert (top.max(axis=1)[known] == whole.obs["top_category_index"].to_numpy()[known]).all()
assert (whole.obs["category_top_1"].astype(object)[known] == whole.obs["top_category"].astype(object)[known]).all()
P

# What was planted is found again: style, topic and size show in 7 of 10 lines, the first favourite category most often.
synth --users 300 --events 40000 --rich -o rich
cat >rich.yaml <<'Y'
columns: [style_wear, top_topic, top_category, "size_*", style_interest]
size: {categories: {any: [home, electronics, fashion, beauty, food, sport, toys, books, health, auto]}}
Y
build 2 rich.h5ad -c rich.yaml rich
check "what was planted is found" "$python" - <<'P'
import anndata, json, subprocess
wears = {"business", "sports_fashion", "cotton_linen", "urban_nature", "avant_garde", "haute_couture"}
a = anndata.read_h5ad("rich.h5ad")
truth = [json.loads(x) for x in subprocess.run(["zstdcat", "rich/truth.jsonl.zst"], capture_output=True).stdout.splitlines()]
pairs = {"style_wear": "style", "top_topic": "topic", "size_any": "size", "top_category": "category"}
least = {"style_wear": .9, "top_topic": .9, "size_any": .85, "top_category": .5}
for tag, planted in pairs.items():
    seen = [(t[planted], a.obs[tag][t["user_id"]]) for t in truth
            if t["user_id"] in a.obs_names and a.obs[tag + "_evidence"][t["user_id"]] >= 5
            and (tag != "style_wear" or t["style"] in wears)]
    right = sum(x == y for x, y in seen) / len(seen)
    assert len(seen) > 30 and right >= least[tag], (tag, len(seen), right)
P

# By name: one matrix alone.
printf 'columns: [brand_interest]\n' >one.yaml
build 1 one.h5ad -c one.yaml logs
check "one matrix, one vocabulary" "$python" - <<'P'
import h5py
with h5py.File("one.h5ad") as f:
    assert list(f["obsm"]) == ["brand_interest"], list(f["obsm"])
    assert list(f["uns/vocabulary"]) == ["brand"]
    assert list(f["obs"]) == ["user_id"]
P
exits 0 "explain a matrix" "$portrait" explain category_table_due_in_days
check "it says where" grep -q "/uns/vocabulary/category" out
exits 64 "a hidden one" "$portrait" explain brand_interest_events
finish
