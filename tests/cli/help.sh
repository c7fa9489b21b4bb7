#!/bin/bash
# Help and version need no MPI: they answer where MPI could not even start.
. "$(dirname "$0")/lib.bash" "$1"
export OMPI_MCA_pml=there_is_no_such

exits 0 "--version" "$portrait" --version
check "version is a number" grep -Eq '^portrait [0-9]+\.[0-9]+\.[0-9]+' out
exits 0 "--help" "$portrait" --help
for command in build ingest synth check show segment explain; do
  check "--help names $command" grep -Eq "^ *$command  " out
done
for command in build ingest synth check show segment explain; do
  exits 0 "$command --help" "$portrait" "$command" --help
  check "$command --help says how" grep -qi 'usage' out
  is "$command --help on stderr" "$(wc -c <err)" 0
done
for option in --store --memory --scratch --rejects --summary --dry-run; do
  "$portrait" build --help >out 2>&1
  check "build --help tells $option" grep -q -e "$option" out
done
exits 0 "explain" "$portrait" explain
check "explain lists columns" grep -q 'days_since_purchase' out
exits 0 "explain a column" "$portrait" explain stickiness
check "explain a column says its meaning" grep -q '30' out
exits 0 "explain a key" "$portrait" explain clean.max_rejects
check "explain a key says its default" grep -Fq '.5' out
exits 64 "explain what is not there" "$portrait" explain no_such_thing
finish
