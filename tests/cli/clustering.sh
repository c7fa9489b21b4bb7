#!/bin/bash
# The portrait matrix is usable as it is: k-means of scikit-learn on /X finds groups of users that the log was made of.
. "$(dirname "$0")/lib.bash" "$1"
if ! "$python" -c 'import sklearn' 2>err; then
  echo "SKIPPED: scikit-learn is not installed"
  check "it is scikit-learn that is missing" grep -q "No module named 'sklearn'" err
  finish
fi

# Three kinds of people, 120 of each, told apart by hours, channel and what they do; a fifth of what each does is noise.
"$python" - <<'P' >log.jsonl
import json, random
from datetime import datetime, timedelta, timezone
r = random.Random(7)
kinds = [(range(7, 11), "web", ["view", "view", "cart_add", "purchase"]),
         (range(19, 23), "app", ["view", "search", "favorite", "view"]),
         (range(12, 16), "store", ["purchase", "purchase", "view", "return"])]
begin = datetime(2026, 1, 1, tzinfo=timezone.utc)
for user in range(360):
    for i in range(r.randint(15, 60)):
        hours, channel, events = kinds[user % 3 if r.random() < .8 else r.randrange(3)]
        t = begin + timedelta(days=r.randrange(90), hours=r.choice(hours), minutes=r.randrange(60))
        event = {"time": t.isoformat(), "user_id": "u%d" % user, "event": r.choice(events), "channel": channel,
                 "item_id": "p%d" % r.randrange(50), "price": 10}
        print(json.dumps(event))
P
build 2 planted.h5ad log.jsonl
synth --users 1000 --events 100000 -o logs
build 2 synth.h5ad logs
check "k-means finds the groups" "$python" - <<'P'
import json, subprocess
import anndata, numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

# All tags together split users by what they are worth first: who asks for hours takes the tags of hours.
def clusters(a, k, tags):
    x = a.X[:, a.var["tag"].isin(tags).values]
    return KMeans(k, n_init=10, random_state=0).fit_predict(x)

a = anndata.read_h5ad("planted.h5ad")
truth = np.array([int(u[1:]) % 3 for u in a.obs_names])
found = adjusted_rand_score(truth, clusters(a, 3, ["active_hour", "daypart", "lifestyle", "contact_channel"]))
chance = adjusted_rand_score(np.random.default_rng(0).permutation(truth), clusters(a, 3, ["active_hour", "daypart", "lifestyle", "contact_channel"]))
print("planted groups: adjusted Rand index %.3f, of shuffled users %.3f" % (found, chance))
assert found > .8 > .1 > abs(chance)

a = anndata.read_h5ad("synth.h5ad")
lines = subprocess.run(["zstdcat", "logs/truth.jsonl.zst"], capture_output=True, text=True, check=True).stdout
hour = {u["user_id"]: u["favourite_hour"] for u in map(json.loads, lines.splitlines())}
truth = np.array([hour[u] // 6 for u in a.obs_names])
found = adjusted_mutual_info_score(truth, clusters(a, 4, ["active_hour", "daypart", "lifestyle"]))
chance = adjusted_mutual_info_score(np.random.default_rng(0).permutation(truth), clusters(a, 4, ["active_hour", "daypart", "lifestyle"]))
print("synth's favourite part of the day: adjusted mutual information %.3f, of shuffled users %.3f" % (found, chance))
assert found > .1 > .03 > abs(chance)
P
cat check.out
finish
