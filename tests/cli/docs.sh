#!/bin/bash
# docs/formats.md has every event name that the built-in formats know.
. "$(dirname "$0")/lib.bash" "$1"
events=$(sed -n '/_events\[\] = {/,/};/p' "$root/src/data/format.c" | grep -o '{"[^"]*", "[^"]*"}')
check "there are event tables" test "$(wc -l <<<"$events")" -gt 30
while read -r row; do
  name=$(cut -d'"' -f2 <<<"$row")
  event=$(cut -d'"' -f4 <<<"$row")
  check "docs name $name" grep -qF "| $name | $event |" "$root/docs/formats.md"
done <<<"$events"
finish
