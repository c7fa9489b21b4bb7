#!/bin/bash
# Tags and segments as data: rules of the job file and of other files, mistakes, and the same bits for any ranks.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 400 --events 12000 -o data

mkdir rules
cat >rules/more.yaml <<'Y'
tags:
  spender:
    cases: [{when: net_spend_all > 1e9, label: "never"}]
  trait: {cases: [{when: "is_known(purchase_last)", label: "yes"}], default: "no", level: fact}
segments:
  active: active_days_all > 0
Y
cat >rules/job.yaml <<'Y'
tags:
  files: [more.yaml]
  activity_level: # instead of the standard one
    description: My own levels
    ordered: true
    labels: [idle, busy, "very busy"]
    cases:
      - {when: active_days_30d == 0, label: idle}
      - {when: active_days_30d >= 10, label: very busy}
    default: busy
    index: prank(active_days_30d)
    evidence: view_count_30d + 1
  spender: # reads a tag that stands behind it
    cases:
      - {when: worth == "high" and activity_level != "idle", label: keep}
      - {when: worth == "high", label: win_back}
    default: other
  worth:
    ordered: true
    cases:
      - {when: prank(net_spend_all) < 0.5, label: low}
      - {when: net_spend_all > 0, label: high}
  asleep: # a rank of what was ranked, and times
    cases:
      - {when: prank(worth_index + spender_evidence + days_since(last_seen)) > 0.9, label: "yes"}
    default: "no"
    index: exp(-days_since(last_seen) / 30)
segments:
  big: net_spend_all > 100
  lost:
    when: big and asleep == "yes"
    description: worth a call
Y
for n in 1 2 3; do build $n p$n.h5ad -c rules/job.yaml data; done
build 2 p4.h5ad -c rules/job.yaml data --memory 64M
for n in 2 3 4; do same p1.h5ad p$n.h5ad; done

check "values by hand" "$python" - <<'P'
import json, h5py, numpy as np
f = h5py.File("p1.h5ad")
obs = f["obs"]
def label(name):
    c = [x.decode() if isinstance(x, bytes) else x for x in obs[name]["categories"][:]]
    return np.array([c[i] if i >= 0 else None for i in obs[name]["codes"][:]], dtype=object)
def number(name):
    x = obs[name]
    return x["values"][:].astype(float) if isinstance(x, h5py.Group) else x[:].astype(float)
def prank(x):
    return np.array([((x < v).sum() + .5 * (x == v).sum()) / len(x) for v in x])
days = number("active_days_30d")
level = label("activity_level")
want = np.where(days == 0, "idle", np.where(days >= 10, "very busy", "busy"))
assert (level == want).all()
assert list(obs["activity_level"]["categories"][:].astype(str)) == ["idle", "busy", "very busy"]
assert obs["activity_level"].attrs["level"] == "model" and obs["activity_level"].attrs["family"] == "tags"
assert np.array_equal(number("activity_level_index"), prank(days).astype(np.float32))
assert np.array_equal(number("activity_level_evidence"), number("view_count_30d") + 1)
net = number("net_spend_all")
low = prank(net) < .5
worth = np.where(low, "low", np.where(net > 0, "high", None))
assert (label("worth") == worth).all() and (worth == "high").any()
spender = np.where(worth == None, None, np.where(worth != "high", "other", np.where(level != "idle", "keep", "win_back")))
assert (label("spender") == spender).all()
assert (label("trait") == np.where(obs["purchase_last/mask"][:], "no", "yes")).all()
rows = {s.decode(): u for s, u in zip(f["uns/segments/summary/segment"][:], f["uns/segments/summary/users"][:])}
assert rows["activity_level=very busy"] == (days >= 10).sum()
assert rows["big"] == (net > 100).sum() > 0
assert rows["active"] == (number("active_days_all") > 0).sum()
assert rows["lost"] == ((net > 100) & (label("asleep") == "yes")).sum()
job = json.loads(f["uns/run"][()])["job"]
assert "worth a call" in job and "more.yaml" not in job
open("again.yaml", "w").write(job)
P

# what a rule reads is computed, and is not in the file
cat >few.yaml <<'Y'
columns: [activity_level, worth]
tags: {worth: {cases: [{when: orders_90d > 0, label: "yes"}], default: "no"}}
segments: {loyal: purchase_days_365d > 1}
Y
build 2 few.h5ad -c few.yaml data
check "only what is asked" "$python" - <<'P'
import h5py
f = h5py.File("few.h5ad")
assert set(f["obs"]) == {"user_id", "activity_level", "activity_level_index", "activity_level_evidence",
                         "worth", "worth_index", "worth_evidence"}, set(f["obs"])
assert len(f["var/tag"]) == 7
P
# the file tells how to repeat the run, without the other files
build 1 again.h5ad -c again.yaml data
same p1.h5ad again.h5ad

# mistakes: before any data is read
while IFS='|' read -r pattern yaml; do
  printf '%b' "$yaml" >wrong.yaml
  exits 78 "$pattern" "$portrait" build -q -c wrong.yaml data -o no.h5ad
  says "$pattern" "$yaml"
  one_error_line "$pattern"
done <<'T'
wrong.yaml:2:8: segments.big: unknown name 'net_spend_90' \(did you mean 'net_spend_90d'\?\)|segments:\n  big: net_spend_90 > 500\n
wrong.yaml:3:20: tags.t: no label is 'mornin' \(did you mean 'morning'\?\)|tags:\n  t:\n    cases: [{when: daypart == "mornin", label: x}]\n
rules that read each other in a circle: tags.a -> tags.b -> tags.a|tags:\n  a: {cases: [{when: b == "x", label: x}]}\n  b: {cases: [{when: a == "x", label: x}]}\n
tags.f is of level fact: it may not read daypart: a fact reads no tag|tags: {f: {level: fact, cases: [{when: is_known(daypart), label: x}]}}\n
tags.f: a yes-or-no value is needed here, this is a number|tags: {f: {cases: [{when: orders_all, label: x}]}}\n
tags.f: days_since\(\) takes a time, this is none|tags: {f: {cases: [{when: days_since(orders_all) > 1, label: x}]}}\n
the column name 'orders_all' is taken|tags: {orders_all: {cases: [{when: true, label: x}]}}\n
segments.daypart: a column has this name|segments: {daypart: true}\n
T
checks=$((checks + 1))
grep -q '^  daypart == "mornin"$' <("$portrait" build -c <(printf 'tags:\n  t:\n    cases: [{when: daypart == "mornin", label: x}]\n') data -o no.h5ad 2>&1) || fail "the line is shown"
exits 66 "a file of rules that is not there" "$portrait" build -q -c <(printf 'tags: {files: [none.yaml]}\n') data -o no.h5ad
# the examples of the docs
"$python" - "$root/docs/expressions.md" >docs.yaml <<'P'
import re, sys
print("".join(re.findall(r"<!-- tested -->\n+```yaml\n(.*?)```", open(sys.argv[1]).read(), re.S)))
P
build 2 docs.h5ad -c docs.yaml data
check "the examples' labels" "$python" -c 'import h5py; f = h5py.File("docs.h5ad"); assert b"win_back" in f["obs/care/categories"][:] and b"big_and_gone" in f["uns/segments/summary/segment"][:]'
# a changed copy of the standard file holds instead
sed 's/high, core\]/high, champion]/; s/default: core/default: champion/' "$root/jobs/standard.yaml" >rules/standard.yaml
printf 'tags: {files: [standard.yaml]}\n' >rules/copy.yaml
build 1 copy.h5ad -c rules/copy.yaml data
check "labels of the copy" "$python" -c 'import h5py; f = h5py.File("copy.h5ad"); assert list(f["obs/activity_level/categories"][:]) == [b"none", b"low", b"medium", b"high", b"champion"]'
exits 0 "explain a rule" "$portrait" explain activity_level
check "explain shows the rule" grep -q '_active_days_30 <= 9' out
finish
