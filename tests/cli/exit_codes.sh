#!/bin/bash
# Exit codes of every way to get it wrong, with one line that says why, and no output file left.
. "$(dirname "$0")/lib.bash" "$1"
printf '%s\n' '{"time":"2026-01-01T10:00:00Z","user_id":"a","event":"view","item_id":"p1"}' >good.jsonl

exits 64 "no command" "$portrait"
exits 64 "unknown command" "$portrait" biuld
one_error_line "unknown command"
exits 64 "unknown option" "$portrait" build --no-such-option good.jsonl -o x.h5ad
exits 64 "no output" "$portrait" build good.jsonl
exits 64 "no input" "$portrait" build -o x.h5ad
exits 64 "input and store" "$portrait" build good.jsonl --store st -o x.h5ad
exits 64 "memory that is no size" "$portrait" build --memory much good.jsonl -o x.h5ad
exits 64 "synth without users" "$portrait" synth --events 10 -o d
exits 64 "synth of nobody" "$portrait" synth --users 0 --events 10 -o d

exits 66 "input that is not there" "$portrait" build missing.jsonl -o x.h5ad
one_error_line "input that is not there"
says 'missing\.jsonl' "names the file"
mkdir empty
exits 66 "folder without logs" "$portrait" build empty -o x.h5ad
exits 66 "store that is not there" "$portrait" build --store nowhere -o x.h5ad
exits 66 "job file that is not there" "$portrait" build -c nowhere.yaml good.jsonl -o x.h5ad
exits 66 "show: no file" "$portrait" show nowhere.h5ad a

bad_job() {
  printf '%b' "$2" >job.yaml
  exits 78 "job file: $1" "$portrait" build -c job.yaml good.jsonl -o x.h5ad
  says "$3" "job file: $1"
  one_error_line "job file: $1"
}
bad_job "unknown key" 'timezone: UTC\nwindos: [7]\n' 'job\.yaml:2:1'
bad_job "unknown key below another" 'clean:\n  max_reject: .1\n' 'job\.yaml:2:3'
bad_job "twice the same key" 'timezone: UTC\ntimezone: UTC\n' 'job\.yaml:2:1'
bad_job "alias" 'columns: &a [orders_*]\ncounted_events: *a\n' 'job\.yaml:[12]:'
bad_job "tag" 'timezone: !!str UTC\n' 'job\.yaml:1:11'
bad_job "value of the wrong kind" 'clean:\n  max_rejects: many\n' 'job\.yaml:2:16'
bad_job "unknown time zone" 'timezone: Mars/Olympus\n' 'Mars/Olympus'
bad_job "broken YAML" 'timezone: [UTC\n' 'job\.yaml:[12]:'
bad_job "column that does not exist" 'columns: [no_such_column]\n' 'columns'

printf 'rubbish\n%.0s' 1 2 3 >mostly_bad.jsonl
cat good.jsonl >>mostly_bad.jsonl
exits 65 "too many rejects" "$portrait" build mostly_bad.jsonl -o x.h5ad
one_error_line "too many rejects"
printf 'rubbish\n' >all_bad.jsonl
exits 65 "nothing accepted" "$portrait" build -c /dev/null all_bad.jsonl -o x.h5ad
: >nothing.jsonl
exits 65 "no line at all" "$portrait" build nothing.jsonl -o x.h5ad

exits 74 "output folder that is not there" "$portrait" build good.jsonl -o no/such/folder/x.h5ad
zstd -q good.jsonl -o cut.jsonl.zst
truncate -s -5 cut.jsonl.zst
exits 74 "truncated input" "$portrait" build cut.jsonl.zst -o x.h5ad
says 'cut\.jsonl\.zst' "names the damaged file"
absent x.h5ad

exits 0 "the good one" "$portrait" build good.jsonl -o x.h5ad
check "its file is there" test -s x.h5ad
exits 0 "a dry run" "$portrait" build --dry-run good.jsonl -o dry.h5ad
absent dry.h5ad

# Under mpirun the code is the same and rank 0 alone speaks.
exits 66 "input that is not there, 3 ranks" sh "$root/tests/mpirun.sh" -n 3 "$portrait" build missing.jsonl -o y.h5ad
one_error_line "input that is not there, 3 ranks"
exits 65 "too many rejects, 3 ranks" sh "$root/tests/mpirun.sh" -n 3 "$portrait" build mostly_bad.jsonl -o y.h5ad
one_error_line "too many rejects, 3 ranks"
absent y.h5ad
finish
