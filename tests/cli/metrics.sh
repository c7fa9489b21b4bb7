#!/bin/bash
# Metrics of the job file against a slow computation of the same words; the same bits from any number of ranks and from a
# store; what is wrong with one is said with its place before anything is read.
. "$(dirname "$0")/lib.bash" "$1"
cat >job.yaml <<'Y'
metrics:
  spent: {op: sum, of: amount, event: purchase, window: [7d, 90d, all]}
  kitchen: {op: sum, of: price * quantity, event: purchase, where: "quantity > 1 and starts_with(category, 'home')", window: 365d}
  buys: {op: count, event: [purchase, order]}
  got_back: {op: sum, of: amount, event: refund}
  avg_price: {op: mean, of: price, event: view, window: [90d, all]}
  low: {op: min, of: price, event: purchase}
  high: {op: max, of: price * 3, event: purchase, window: [90d, all]}
  since: {op: first, event: favorite}
  latest: {op: last, of: time, event: [view, click], window: [365d, all]}
  first_brand: {op: first, of: brand, event: purchase}
  last_channel: {op: last, of: channel, window: [90d, all]}
  items_seen: {op: distinct, of: item_id, event: view, window: [7d, 90d, all], unit: items, description: Items looked at}
  brands: {op: distinct, of: brand, event: [view, click]}
  prices: {op: distinct, of: price / 2, event: view}
  night_days: {op: days, where: hour < 6, window: [90d, all]}
  fav: {op: top, of: brand, event: view, window: [90d, all]}
  kind: {op: top, of: "if(starts_with(category, 'home'), 'home', lower(channel))"}
  group: {op: top, of: "if(starts_with(category, 'home'), 'home', 'rest')", event: view}
  what: {op: top, of: event, window: 90d}
  one_item: {op: count, where: "item_id in ('p000086', 'p000001') or item_id == 'p000002'"}
  not_item: {op: count, where: "item_id != 'p000086' and is_known(item_id)"}
  share_mail: {op: mean, of: "channel == 'email'", where: is_known(channel)}
Y
synth --users 300 --events 30000 --files 4 -o logs
build 1 n1.h5ad -c job.yaml logs
check "the slow computation says the same" "$python" "$here/metrics.py" n1.h5ad logs
build 2 n2.h5ad -c job.yaml logs
build 3 n3.h5ad -c job.yaml logs
same n1.h5ad n2.h5ad
same n1.h5ad n3.h5ad
check "ingest" run 2 ingest -q logs --store store
build 2 store.h5ad -c job.yaml --store store
same n1.h5ad store.h5ad

attribute() { "$python" -c 'import h5py,sys;print(h5py.File(sys.argv[1])["obs"][sys.argv[2]].attrs[sys.argv[3]])' "$@"; }
is "unit given" "$(attribute n1.h5ad items_seen_90d units)" items
is "unit told" "$(attribute n1.h5ad spent_90d units)" currency
is "description given" "$(attribute n1.h5ad items_seen_90d description)" "Items looked at, last 90 days"
is "description told" "$(attribute n1.h5ad kitchen description)" \
  "Sum of price * quantity of events: purchase where quantity > 1 and starts_with(category, 'home'), last 365 days"
is "family" "$(attribute n1.h5ad what family)" metrics

# The job file in /uns/run makes the same metrics.
"$python" -c 'import h5py,json;print(json.loads(h5py.File("n1.h5ad")["uns/run"][()])["job"],end="")' >again.yaml
build 2 again.h5ad -c again.yaml logs
same n1.h5ad again.h5ad

# Metrics alone: the others are not asked for, and not computed.
printf 'columns: [metrics]\nmetrics: {buys: {op: count, event: purchase}}\n' >alone.yaml
build 2 alone.h5ad -c alone.yaml logs
is "columns" "$("$python" -c 'import h5py;print(*sorted(h5py.File("alone.h5ad")["obs"]))')" "buys user_id"

# wrong METRIC PATTERN: 78 with place and reason, before any input is looked for.
wrong() {
  printf 'metrics:\n  m: %s\n' "$1" >wrong.yaml
  exits 78 "$1" "$portrait" build -c wrong.yaml no_such_input -o wrong.h5ad
  says "wrong.yaml:2:[0-9]+: .*$2" "$1"
  one_error_line "$1"
  absent wrong.h5ad
}
wrong '{op: sums, of: amount}' 'one of count, sum'
wrong '{of: amount}' "'op' is missing"
wrong '{op: sum}' "'of' is missing"
wrong '{op: days, of: amount}' "no effect"
wrong '{op: count, wher: quantity > 1}' "did you mean 'where'"
wrong '{op: sum, of: amout}' "did you mean 'amount'"
wrong '{op: sum, of: brand}' 'a number is needed'
wrong '{op: sum, of: time}' 'times have no sum'
wrong '{op: top, of: item_id}' 'only equality is known'
wrong '{op: top, of: price}' 'a text is needed'
wrong '{op: count, where: price}' 'a yes-or-no value is needed'
wrong '{op: count, where: "category = '"'a'"'"}' "did you mean '=='"
wrong '{op: count, where: "starts_with(item_id, '"'p'"')"}' 'travels as a hash'
wrong '{op: count, where: "item_id < '"'p'"'"}' 'travels as a hash'
wrong '{op: count, where: "contains(text, '"'p'"')"}' 'not kept with events'
wrong '{op: count, window: [30d, 7d]}' 'windows ascend'
wrong '{op: count, window: 0d}' 'whole days'
printf 'metrics:\n  spend_all: {op: count}\n' >wrong.yaml
exits 78 "a name of the catalogue" "$portrait" build -c wrong.yaml no_such_input -o wrong.h5ad
says 'wrong.yaml:2:3: metrics.spend_all: the catalogue has a column spend_all' "a name of the catalogue"
printf 'columns: [metrics]\nmetrics:\n  city: {op: count}\n  spend: {op: count, window: [all]}\n' >wrong.yaml
exits 78 "a name of the catalogue that is not asked for" "$portrait" build -c wrong.yaml no_such_input -o wrong.h5ad
says 'has a column' "a name of the catalogue that is not asked for"
printf 'metrics:\n  a: {op: count, window: [7d]}\n  a_7d: {op: count}\n' >wrong.yaml
exits 78 "two metrics of one name" "$portrait" build -c wrong.yaml no_such_input -o wrong.h5ad
says 'another metric' "two metrics of one name"
finish
