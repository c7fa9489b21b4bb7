#!/bin/bash
# The examples of the README, and behind them those of docs/preferences.md, do what it says: every block after the line "<!-- tested -->" is run in order, in one folder,
# with `portrait` on the PATH; python and r blocks with Debian's interpreters.
. "$(dirname "$0")/lib.bash" "$1"
mkdir bin
ln -s "$portrait" bin/portrait
export PATH="$work/bin:$PATH" OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none
cp -r "$root/jobs" jobs
"$python" - "$root/README.md" "$root/docs/preferences.md" <<'P'
import re, sys
text = "".join(open(name).read() for name in sys.argv[1:])
blocks = re.findall(r"<!-- tested -->\n+```(\w+)\n(.*?)```", text, re.S)
for i, (kind, body) in enumerate(blocks):
    open(f"block{i:02}.{kind}", "w").write(body)
P
for block in block*; do
  case $block in
  *.sh) check "README $block" timeout 120 bash -eu "$block" ;;
  *.python) check "README $block" timeout 120 "$python" "$block" ;;
  *.r) check "README $block" timeout 120 Rscript "$block" ;;
  *.yaml) cp "$block" job.yaml ;;
  *) fail "README: no way to run $block" ;;
  esac
done
finish
