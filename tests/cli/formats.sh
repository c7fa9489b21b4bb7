#!/bin/bash
# One log in many clothes: JSON lines, CSV and TSV; plain, gzip, zstd in one and in many frames; CR LF; BOM.
. "$(dirname "$0")/lib.bash" "$1"
synth --users 300 --events 20000 --files 1 -o logs
zstdcat logs/part-0000.jsonl.zst >log.jsonl
build 2 jsonl.h5ad log.jsonl

"$python" - <<'P'
import csv, json
rows = [json.loads(line, parse_float=str) for line in open("log.jsonl")]
fields = sorted({k for r in rows for k in r})
for name, delimiter in (("log.csv", ","), ("log.tsv", "\t")):
    with open(name, "w", newline="") as f:
        w = csv.DictWriter(f, fields, restval="", delimiter=delimiter)
        w.writeheader()
        w.writerows(rows)
with open("quoted.csv", "w", newline="") as f:
    w = csv.DictWriter(f, fields, restval="", quoting=csv.QUOTE_ALL)
    w.writeheader()
    w.writerows(rows)
with open("spaced.jsonl", "w") as f:
    for r in rows:
        order = sorted(r, reverse=True)
        f.write("{ " + " , ".join(json.dumps(k) + " : " + (r[k] if k in ("price", "discount") else json.dumps(r[k]))
                                  for k in order) + " }\r\n")
lines = open("log.jsonl", "rb").read().splitlines(keepends=True)
open("bom.jsonl", "wb").write(b"\xef\xbb\xbf" + b"\n".join(b"".join(lines).split(b"\n"))[:-1])
P
gzip -k log.csv
gzip -kc log.jsonl >log.jsonl.gz
mkdir one many
zstd -q log.jsonl -o one/a.jsonl.zst
split -n 9 log.jsonl piece.
for piece in piece.*; do zstd -q -c "$piece"; done >many/a.jsonl.zst # frames end inside lines
cp log.jsonl named_otherwise

for input in log.jsonl.gz one many spaced.jsonl bom.jsonl named_otherwise; do
  build 2 "$(basename $input).h5ad" $input
done
same jsonl.h5ad log.jsonl.gz.h5ad
same jsonl.h5ad one.h5ad
same jsonl.h5ad many.h5ad
same jsonl.h5ad bom.jsonl.h5ad
same jsonl.h5ad named_otherwise.h5ad
same jsonl.h5ad spaced.jsonl.h5ad /uns/quality

# Header lines are counted, so /uns/quality may differ.
for input in log.csv log.csv.gz log.tsv quoted.csv; do
  build 3 $input.h5ad $input
  same jsonl.h5ad $input.h5ad /uns/quality
done

# Many frames, shared by three ranks.
build 3 many3.h5ad many
same jsonl.h5ad many3.h5ad
finish
