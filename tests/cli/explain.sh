#!/bin/bash
# Whatever stands in a file or in a resolved job file can be explained, with all that an explanation has; and what it says
# is what the file says.
. "$(dirname "$0")/lib.bash" "$1"
cat >job.yaml <<'Y'
windows: [14, 60]
metrics:
  seen: {op: distinct, of: item_id, event: view, window: [14d, all], description: Items looked at, unit: items}
  often: {op: top, of: brand}
tags:
  rich:
    description: Spends much
    cases: [{when: spend_60d > 100, label: "yes"}]
    default: "no"
segments:
  buyers: orders_all > 0
Y
synth --users 60 --events 6000 --files 2 -o logs
printf 'allow_sensitive: [%s]\n' "$(sed -n 's/^const char \*const pt_sensitive_names.*{\(.*\)};/\1/p' "$root/src/conf/lists.c")" >all.yaml
cat job.yaml >>all.yaml
build 2 p.h5ad -c all.yaml logs
exits 0 "explain --json" "$portrait" explain --json -c all.yaml
mv out all.json
check "the file and the resolved job file are explained" "$python" - <<'P'
import json
import h5py
import yaml

entries = json.load(open("all.json"))
by_name = {e["name"]: e for e in entries}
assert len(by_name) == len(entries), "a name twice"
wrong = []
for e in entries:
    wanted = {"key": ["type", "description"], "table": ["description"]}.get(
        e["what"], ["type", "description", "family", "level", "kind"] + ([] if e.get("type") in ("label", "boolean") else ["unit"]))
    for part in wanted:
        if not e.get(part):
            wrong.append("%s lacks %s" % (e["name"], part))
    if e.get("what") not in ("column", "tag", "matrix", "table", "key"):
        wrong.append("%s is %s" % (e["name"], e.get("what")))
with h5py.File("p.h5ad") as f:
    nodes = [(n, f["obs"][n]) for n in f["obs"].attrs["column-order"]] + list(f["obsm"].items())
    for name, node in nodes:
        e = by_name.get(name)
        if not e:
            wrong.append("column %s is not explained" % name)
            continue
        for attribute, part in (("description", "description"), ("family", "family"), ("units", "unit"), ("level", "level"), ("kind", "kind")):
            if node.attrs.get(attribute, "") != e[part]:
                wrong.append("%s: %s %r, explained %r" % (name, attribute, node.attrs.get(attribute), e[part]))
    tags = {t for t in f["var"]["tag"].asstr()[()]}
    wrong += ["%s is no tag" % t for t in tags if by_name[t]["what"] != "tag"]

    def visit(path, node):
        if isinstance(node, h5py.Group) and node.attrs.get("encoding-type") == "dataframe":
            e = by_name.get(path)
            if not e or e["what"] != "table" or node.attrs.get("description") != e["description"]:
                wrong.append("table %s is not explained" % path)
            for c in node.attrs["column-order"]:
                if not node[c].attrs.get("description"):
                    wrong.append("table %s: column %s has no description" % (path, c))

    f["uns"].visititems(visit)
    visit("var", f["var"])
    job = yaml.safe_load(json.loads(f["uns/run"][()])["job"])

leaves = set(by_name) - {"metrics", "format"}  # a map that is one key's value


def keys(tree, path, out):
    for k, v in tree.items():
        out.append(path + k)
        if isinstance(v, dict) and path + k not in leaves:
            keys(v, path + k + ".", out)
    return out

for k in keys(job, "", []):
    parts = k.split(".")
    if parts[0] in ("metrics", "tags", "segments") and len(parts) > 1 and k not in by_name:
        parts[1] = "NAME"
        k = ".".join(parts[:3] if parts[0] == "metrics" else parts[:2])
    section = any(name.startswith(k + ".") for name in by_name)
    if k not in by_name and not section:
        wrong.append("key %s is not explained" % k)
print("\n".join(wrong))
raise SystemExit(bool(wrong))
P

# For people.
exits 0 "a metric of the job file" "$portrait" explain -c job.yaml seen_14d
check "its description" grep -q '^  Items looked at, last 14 days$' out
check "its unit" grep -q 'family metrics, fact, dynamic; uint32, in items' out
exits 0 "a window of the job file" "$portrait" explain -c job.yaml spend_14d
exits 64 "a window that the job file does not have" "$portrait" explain -c job.yaml spend_30d
exits 0 "a tag of the job file" "$portrait" explain -c job.yaml rich
check "its rule" grep -q 'when: "spend_60d > 100"' out
check "what it reads" grep -q 'reads: spend_60d' out
exits 0 "a table" "$portrait" explain segments/tgi
check "where it stands" grep -q '/uns/segments/tgi' out
exits 0 "a key of metrics" "$portrait" explain metrics.NAME.where
exits 78 "a job file with a mistake" "$portrait" explain -c <(printf 'windowz: [1]\n') rich
exits 66 "no job file" "$portrait" explain -c nowhere.yaml rich
finish
