#!/bin/bash
# User records: found by name, named by option or job file, told by identify events; the same for any number of ranks and
# from a store filled day by day; what must not be written is not.
. "$(dirname "$0")/lib.bash" "$1"

mkdir logs
cat >logs/day1.jsonl <<'END'
{"time":"2026-03-01T09:00:00Z","user_id":"anna","event":"view","device":"d1"}
{"time":"2026-03-01T10:00:00Z","user_id":"bert","event":"purchase","amount":10,"store":"S1","city":"Wien"}
END
cat >logs/day2.jsonl <<'END'
{"time":"2026-03-02T09:00:00Z","user_id":"anna","event":"view","device":"d2"}
END
cat >logs/day3.jsonl <<'END'
{"time":"2026-03-03T09:00:00Z","user_id":"kind","event":"view","channel":"sms"}
END
cat >logs/users-a.jsonl <<'END'
{"user_id":"anna","gender":"女","birth_date":"1990-05-17","id_number":"11010519491231002X","city":"Graz","income":5000,"children":1,"nickname":"Geheimname","username":"Kennung77","phone":"13800138000","email":"geheim@example.org","pet":"cat","updated_at":"2026-02-01"}
{"user_id":"anna","gender":"gibtsnicht","city":"Linz","skin_type":"oily","updated_at":"2026-02-02"}
{"user_id":"anna","city":"Undatiert"}
{"user_id":"kind","birth_date":"2015-06-01","city":"Bonn"}
{"user_id":"only a record","occupation":"Imker","consent":["ads","email"],"birth_date":"1966-05-04"}
{"gender":"m"}
END
cat >logs/users-b.csv <<'END'
user_id,gender,birth_date,pet,updated_at
bert,M,1980/01/02,dog,2026-02-03T10:00:00Z
bert,f,,,2026-02-01
END
cat >job.yaml <<'END'
users: {keep: [pet]}
END
gzip -k logs/users-b.csv && rm logs/users-b.csv

build 1 one.h5ad -c job.yaml logs
for n in 2 3; do
  build $n n$n.h5ad -c job.yaml logs
  same one.h5ad n$n.h5ad
done
has() { is "$1 of $2" "$(obs one.h5ad "$1" "$2")" "$3"; }
has gender_declared anna female
has age anna 76
has city anna Linz
has city bert Wien
has gender_declared bert male
has age bert 46
has pet bert dog
has pet anna cat
has phone_known anna True
has email_known anna True
has profile_conflicts anna 1
has profile_conflicts bert 1
has device_last anna d2
has store_home bert S1
has occupation "only a record" other
has occupation_text "only a record" Imker
has age_band "only a record" 50-59
has consent "only a record" ads,email
has view_count_all "only a record" 0
has first_seen "only a record" absent
# Under 14: facts, no tags.
has age kind 10
has age_band kind absent
has city kind absent
has contact_channel kind absent
has view_count_all kind 1

"$python" - one.h5ad >table.out <<'END'
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    q = f["uns/quality"]
    rows = zip(q["records/field"].asstr()[()], q["records/unread"][()], q["records/conflicts"][()])
    print(sorted((str(a), int(b), int(c)) for a, b, c in rows))
    lines = q["lines"]
    at = list(lines["source"].asstr()[()]).index("users")
    print({k: int(lines[k][at]) for k in ("lines", "header", "rejected", "accepted", "records", "events")})
    print([n for n in ("income", "children", "skin_type", "body_shape") if n in f["obs"]])
    print(len(f["obs/user_id"]))
END
is "records and lines" "$(cat table.out)" "[('city', 0, 1), ('gender', 1, 1)]
{'lines': 9, 'header': 1, 'rejected': 1, 'accepted': 7, 'records': 7, 'events': 0}
[]
4"

# Whatever tells who somebody is stands nowhere in the file, packed or not.
build 2 plain.h5ad -c job.yaml --compression none logs
for secret in 11010519491231002 13800138000 geheim@example.org Geheimname Kennung77 gibtsnicht; do
  checks=$((checks + 1))
  grep -aq "$secret" plain.h5ad one.h5ad && fail "$secret is in the file"
done
checks=$((checks + 1))
grep -aq Imker plain.h5ad || fail "a text that is written is not found: the search proves nothing"

# What is sensitive is said and needs leave.
exits 0 "check" "$portrait" check -c job.yaml logs
checks=$((checks + 1))
[ "$(grep -c 'allow_sensitive does not name it' out)" = 5 ] || fail "check does not say what is sensitive: $(cat out)"
grep -q '^unread .* gender' out || fail "check does not say what was not understood: $(cat out)"
printf 'users: {keep: [pet]}\nallow_sensitive: [income, skin_type, children]\n' >allow.yaml
build 2 allowed.h5ad -c allow.yaml logs
is income "$(obs allowed.h5ad income anna)" 5000.0
is skin_type "$(obs allowed.h5ad skin_type anna)" oily
is children "$(obs allowed.h5ad children anna)" 1
for field in phone nickname email gender; do
  printf 'users: {keep: [%s]}\n' $field >never.yaml
  exits 78 "users.keep: $field" "$portrait" build -c never.yaml logs -o never.h5ad
done

# By option and by the job file, from outside the folder.
mkdir parts
cp logs/day* parts
cp logs/users-a.jsonl persons.txt
cp logs/users-b.csv.gz more.gz
build 2 named.h5ad -c job.yaml --users persons.txt --users more.gz parts
same one.h5ad named.h5ad
printf 'users: {keep: [pet], files: [persons.txt, more.gz]}\n' >files.yaml
build 1 files.h5ad -c files.yaml parts
same one.h5ad files.h5ad
printf 'users: [persons.txt, more.gz]\n' >list.yaml
build 1 list.h5ad -c list.yaml parts
is "city by a list of tables" "$(obs list.h5ad city anna)" Linz

# A store, day by day, users between and twice.
check "first day" run 2 ingest -q -c job.yaml logs/day1.jsonl --store store
check "second day" run 1 ingest -q -c job.yaml logs/day2.jsonl --users persons.txt --store store
check "third day" run 3 ingest -q -c job.yaml logs/day3.jsonl --users more.gz --users logs/users-a.jsonl --store store
build 2 store.h5ad -c job.yaml --store store
same one.h5ad store.h5ad
build 1 store1.h5ad -c job.yaml --store store
same one.h5ad store1.h5ad
check "records alone" run 2 ingest -q --users more.gz --store alone
printf 'as_of: 2026-03-04\n' >as_of.yaml
build 2 alone.h5ad -c as_of.yaml --store alone
is "a store of records" "$(obs alone.h5ad age bert)" 46

# Identify events are records; their traits have the spec's names.
cat >segment.jsonl <<'END'
{"type":"track","event":"Product Viewed","userId":"s1","timestamp":"2026-03-01T09:00:00Z","properties":{"product_id":"p"}}
{"type":"identify","userId":"s1","timestamp":"2026-02-01T09:00:00Z","traits":{"gender":"f","birthday":"1990-05-17T00:00:00Z","address":{"city":"Rom"},"createdAt":"2020-01-01T00:00:00Z","phone":"13900139000","pet":"owl"}}
{"type":"identify","userId":"s2","timestamp":"2026-03-01T09:00:00Z","context":{"traits":{"age":30}}}
END
build 2 segment.h5ad -c job.yaml segment.jsonl
is "gender of a trait" "$(obs segment.h5ad gender_declared s1)" female
is "birthday" "$(obs segment.h5ad age s1)" 35
is "address.city" "$(obs segment.h5ad city s1)" Rom
is "createdAt" "$(obs segment.h5ad registered_at s1)" 1577836800000
is "registered before the log" "$(obs segment.h5ad history s1)" truncated
is "phone" "$(obs segment.h5ad phone_known s1)" True
is "kept trait" "$(obs segment.h5ad pet s1)" owl
is "context.traits" "$(obs segment.h5ad age s2)" 30
checks=$((checks + 1))
grep -aq 13900139000 segment.h5ad && fail "a phone number is in the file"

# A larger one, with known truth.
synth --users 400 --events 30000 --files 3 -o synth
build 1 synth1.h5ad synth
build 3 synth3.h5ad synth
same synth1.h5ad synth3.h5ad
for day in 0 1 2; do
  check "ingest of part $day" run 2 ingest -q synth/part-000$day.jsonl.zst --store days
done
check "ingest of the users" run 2 ingest -q --users synth/users.jsonl.zst --store days
check "the same folder again" run 3 ingest -q synth --store days
build 2 days.h5ad --store days
same synth1.h5ad days.h5ad
build 2 small.h5ad --memory 32M synth
same synth1.h5ad small.h5ad
check "attributes against the truth" "$python" "$here/attributes.py" synth1.h5ad synth
finish
