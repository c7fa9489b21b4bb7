#!/bin/bash
# What the commands say: check, show, explain, summary, rejects, machine-readable output; and numbers known by hand.
. "$(dirname "$0")/lib.bash" "$1"
cat >log.jsonl <<'L'
{"time":"2026-03-01T10:00:00Z","user_id":"ann","event":"view","item_id":"p1","category":"home.kitchen.kettles","price":40,"channel":"app"}
{"time":"2026-03-01T10:01:00Z","user_id":"ann","event":"cart_add","item_id":"p1","category":"home.kitchen.kettles","price":40,"channel":"app"}
{"time":"2026-03-01T10:02:00Z","user_id":"ann","event":"purchase","item_id":"p1","category":"home.kitchen.kettles","price":40,"quantity":2,"order_id":"o1","channel":"app"}
{"time":"2026-03-11T09:00:00Z","user_id":"ann","event":"purchase","item_id":"p2","category":"books.novels.paper","price":9.99,"quantity":1,"order_id":"o2","channel":"web"}
{"time":"2026-03-12T09:00:00Z","user_id":"ann","event":"refund","order_id":"o2","amount":9.99}
{"time":"2026-03-20T23:30:00Z","user_id":"bob","event":"search","query":"tea","results":0,"channel":"web"}
not a line
{"time":"2026-03-20T23:30:00Z","event":"view"}
{"time":"2026-03-32T23:30:00Z","user_id":"bob","event":"view"}
L

check "build" run 2 build -q log.jsonl -o p.h5ad --rejects rejects.txt --summary run.json
is "orders_all of ann" "$(obs p.h5ad orders_all ann)" 2
is "spend_all of ann" "$(obs p.h5ad spend_all ann)" 89.99
is "net_spend_all of ann" "$(obs p.h5ad net_spend_all ann)" 80.0
is "items_all of ann" "$(obs p.h5ad items_all ann)" 3.0
is "view_count_30d of ann" "$(obs p.h5ad view_count_30d ann)" 1
is "days_since_purchase of ann" "$(obs p.h5ad days_since_purchase ann)" 9
is "days_since_purchase of bob" "$(obs p.h5ad days_since_purchase bob)" absent
is "search_empty_rate of bob" "$(obs p.h5ad search_empty_rate bob)" 1.0
is "active_hour of ann" "$(obs p.h5ad active_hour ann)" 8
is "channel_first of ann" "$(obs p.h5ad channel_first ann)" app
is "rows" "$("$python" -c 'import h5py;print(len(h5py.File("p.h5ad")["obs/user_id"]))')" 2

is "mode of the rejects file" "$(stat -c %a rejects.txt)" 600
is "rejected lines in it" "$(grep -c log.jsonl rejects.txt)" 3
for reason in unparsable missing_user bad_time; do check "reason $reason" grep -q $reason rejects.txt; done
check "no text of the lines in it" sh -c '! grep -q "not a line" rejects.txt'

check "summary is JSON with stages" "$python" - <<'P'
import json
s = json.load(open("run.json"))
names = {x["stage"] for x in s["stages"]}
assert {"facts", "output"} <= names, names
assert s["lines"] == {"all": 9, "accepted": 6, "rejected": 3, "filtered": 0, "blank": 0, "header": 0}, s["lines"]
assert s["users"] == 2
P

exits 0 "show" "$portrait" show p.h5ad ann
check "show tells spend" grep -q '89.99' out
exits 0 "show --json" "$portrait" show --json p.h5ad ann
check "show --json is JSON" "$python" -m json.tool out
exits 66 "show of a user that is not there" "$portrait" show p.h5ad nobody
one_error_line "show of a user that is not there"

exits 0 "check" "$portrait" check log.jsonl
check "check finds the format" grep -q 'portrait' out
check "check tells a reason" grep -q 'unparsable' out
exits 0 "check --json" "$portrait" check --json log.jsonl
check "check --json is JSON" "$python" -m json.tool out
exits 0 "explain --json" "$portrait" explain --json
check "explain --json is JSON" "$python" -m json.tool out

exits 0 "a quiet build" "$portrait" build -q log.jsonl -o q.h5ad
is "a quiet build says" "$(cat out err)" ""
exits 0 "a build that speaks" "$portrait" build log.jsonl -o v.h5ad
says 'facts' "the table of stages"
same p.h5ad q.h5ad

# Only what is asked.
printf 'columns: [orders_*, view_count_7d]\n' >few.yaml
check "few columns" run 2 build -q -c few.yaml log.jsonl -o few.h5ad
is "columns" "$("$python" - <<'P'
import h5py
print(*sorted(k for k in h5py.File("few.h5ad")["obs"] if k != "user_id"))
P
)" "orders_30d orders_365d orders_7d orders_90d orders_all orders_am orders_pm view_count_7d"
is "orders_all of ann, few columns" "$(obs few.h5ad orders_all ann)" 2

# Synthetic logs: exact, and the same from any number of ranks.
check "synth, 1 rank" run 1 synth -q --users 50 --events 5000 --files 3 -o one
check "synth, 3 ranks" run 3 synth -q --users 50 --events 5000 --files 3 -o three
is "lines of synth" "$(zstdcat one/part-* | wc -l)" 5000
check "synth is the same" diff -r one three
is "users with truth" "$(zstdcat one/truth.jsonl.zst | wc -l)" 50
check "build of synth leaves the truth out" run 2 build -q one -o one.h5ad
is "rows of synth" "$("$python" -c 'import h5py;print(len(h5py.File("one.h5ad")["obs/user_id"]))')" 50
finish
