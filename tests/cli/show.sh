#!/bin/bash
# The card: what it tells, colours on a terminal alone, ids and labels that would drive the terminal, matrices, --why, --json.
. "$(dirname "$0")/lib.bash" "$1"
"$python" - <<'P'
import json
esc, c1, turn = "\x1b[31mred", "a\u009b2Jb", "x\u202eevil"
rows = [
    {"time": "2026-03-01T10:00:00Z", "user_id": "ann", "event": "view", "brand": esc, "channel": c1},
    {"time": "2026-03-01T10:01:00Z", "user_id": "ann", "event": "view", "brand": esc, "channel": turn},
    {"time": "2026-03-01T10:02:00Z", "user_id": "ann", "event": "purchase", "item_id": "p1", "brand": esc, "price": 1234.5, "quantity": 2, "order_id": "o1", "channel": turn},
    {"time": "2026-03-20T10:02:00Z", "user_id": "bob\x1b]0;owned\x07", "event": "view"},
]
with open("log.jsonl", "w") as f:
    for row in rows:
        f.write(json.dumps(row) + "\n")
P
printf 'metrics:\n  best: {op: top, of: brand}\n  long: {op: count, description: "tells \\e[31m red"}\n' >job.yaml
build 2 p.h5ad -c job.yaml log.jsonl

harmless() {
  check "$1: no byte that drives a terminal" "$python" - <<'P'
text = open("out", "rb").read().decode()
bad = [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or 0x202A <= ord(c) <= 0x202E]
assert not bad, bad
P
}
exits 0 "show" "$portrait" show p.h5ad ann
harmless "show"
check "the head" grep -q '^ ann .*seen from 2026-03-01 to 2026-03-01, 19 days ago   as of 2026-03-21' out
check "hours" grep -q 'hour_histogram .*▇' out
check "spend by window" grep -Eq '^  spend +- +2469 +2469 +2469 +2469$' out
check "windows" grep -Eq '^ +7d +30d +90d +365d +all$' out
check "a label that would drive the terminal" grep -q 'best .*?\[31mred' out
check "a tag with index and evidence" grep -Eq 'active_hour +8 .*█ 1.00  from 3' out
for heading in WHEN VALUE TAGS METRICS; do check "heading $heading" grep -q "^$heading\$" out; done
exits 0 "show --all" "$portrait" show p.h5ad ann --all
harmless "show --all"
check "--all has zeros" grep -Eq 'rejects +0' out
check "--all has absent ones" grep -Eq 'second_order_days +unknown' out
exits 0 "show of an id that would drive the terminal" "$portrait" show p.h5ad "$(printf 'bob\033]0;owned\007')"
harmless "show of an id that would drive the terminal"
check "the id" grep -q 'bob?\]0;owned?' out

# Colours on a terminal, unless NO_COLOR.
checks=$((checks + 1))
script -qec "$portrait show p.h5ad ann" /dev/null </dev/null >tty.out 2>&1
grep -q $'\033\[1;7m' tty.out || fail "no colour on a terminal"
checks=$((checks + 1))
NO_COLOR=1 script -qec "$portrait show p.h5ad ann" /dev/null </dev/null >tty.out 2>&1
grep -q $'\033\[' tty.out && fail "colour in spite of NO_COLOR"

# --why
exits 0 "--why" "$portrait" show p.h5ad ann --why active_hour
harmless "--why"
check "--why tells the meaning" grep -q 'Start of the 3 hours' out
check "--why tells what it saw" grep -q 'hour_histogram .*▇' out
exits 0 "--why of a column" "$portrait" show p.h5ad ann --why long
harmless "--why of a column"
check "--why of a column tells its value" grep -q 'long .*3 events' out
printf 'tags:\n  rich: {cases: [{when: spend_all > 1000 and is_known(first_seen), label: "yes"}], default: "no"}\n' >tags.yaml
build 2 t.h5ad -c tags.yaml log.jsonl
exits 0 "--why of a rule" "$portrait" show t.h5ad ann --why rich
check "--why tells the label" grep -Eq '^  rich +yes' out
check "--why tells the rule" grep -q 'when: "spend_all > 1000 and is_known(first_seen)"' out
check "--why tells what the rule saw" grep -Eq '^  spend_all +2469 currency' out
exits 64 "--why of nothing" "$portrait" show p.h5ad ann --why active_hours
says "did you mean 'active_hour'" "--why of nothing"

# --json has all of it.
exits 0 "--json" "$portrait" show p.h5ad ann --json
check "--json" "$python" - <<'P'
import h5py, json
card, file = json.load(open("out")), h5py.File("p.h5ad")
names = list(file["obs"].attrs["column-order"]) + list(file["obsm"])
assert set(names) - set(card) == set(), set(names) - set(card)
assert card["user_id"] == "ann" and card["spend_all"] == 2469 and card["best"] == "?[31mred"
assert card["second_order_days"] is None and card["repurchase_30d"] is None
assert len(card["hour_histogram"]) == 24 and card["hour_histogram"][10] == 1
P

# Sparse matrices, with the names of their vocabulary; one that lies about its rows ends with an error.
"$python" - <<'P'
import shutil, h5py, numpy as np
ids = None
for name, ends in (("s.h5ad", None), ("bad.h5ad", [0, 1 << 40, 3]), ("bad2.h5ad", [2, 1, 0])):
    shutil.copy("p.h5ad", name)
    with h5py.File(name, "r+") as f:
        ann = list(f["obs/user_id"].asstr()[()]).index("ann")
        if "vocabulary" not in f["uns"]:
            f["uns"].create_group("vocabulary")
        for old in ("obsm/category_interest", "uns/vocabulary/category"):
            if old in f:
                del f[old]
        f["uns/vocabulary/category"] = np.array([b"books", b"home\x1b[2J", b"toys"], dtype="S9")
        g = f.create_group("obsm/category_interest")
        g.attrs["encoding-type"], g.attrs["encoding-version"] = "csr_matrix", "0.1.0"
        g.attrs["vocabulary"], g.attrs["shape"] = "/uns/vocabulary/category", [2, 3]
        g["data"] = np.array([.25, .5, .75], "f4")
        g["indices"] = np.array([0, 1, 2], "i4")
        g["indptr"] = np.array(ends or ([0, 2, 3] if ann == 0 else [0, 1, 3]), "i8")
P
exits 0 "a sparse matrix" "$portrait" show s.h5ad ann
harmless "a sparse matrix"
check "likes" grep -q '^LIKES$' out
check "the largest first" grep -Eq 'category_interest +(home\?\[2J +█████░|toys +████████░)' out
for bad in bad bad2; do
  exits 65 "$bad" "$portrait" show $bad.h5ad ann
  one_error_line "$bad"
done
finish
