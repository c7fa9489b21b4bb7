# For the black-box tests: `. lib.bash "$1"` gives $portrait, a folder of one's own, and checks that count failures.
# A test script ends with `finish`.
set -uo pipefail
portrait=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
python=/usr/bin/python3
work=$(mktemp -d "${TMPDIR:-/tmp}/portrait-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0
checks=0

fail() {
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$*"
}

finish() {
  printf '%d checks, %d failed\n' "$checks" "$failures"
  [ "$failures" = 0 ] && [ "$checks" -gt 0 ]
  exit
}

# check WHAT COMMAND...: the command must succeed.
check() {
  local what=$1
  shift
  checks=$((checks + 1))
  "$@" >check.out 2>&1 || {
    fail "$what: $*"
    tail -n 20 check.out
  }
}

# exits CODE WHAT COMMAND...: the command must end with this code, by itself and in time; its streams are in out and err.
exits() {
  local code=$1 what=$2 got=0
  shift 2
  checks=$((checks + 1))
  timeout -k 5 120 "$@" >out 2>err </dev/null || got=$?
  [ "$got" = "$code" ] || {
    fail "$what: exit $got, not $code: $*"
    tail -n 10 err
  }
}

# says PATTERN WHAT: the last command's stderr has a line like this.
says() {
  checks=$((checks + 1))
  grep -Eq -- "$1" err || {
    fail "$2: stderr lacks /$1/"
    tail -n 10 err
  }
}

one_error_line() {
  checks=$((checks + 1))
  [ "$(grep -c 'error:' err)" = 1 ] || {
    fail "$1: not one line with error:"
    cat err
  }
}

absent() {
  checks=$((checks + 1))
  local f
  for f; do
    if [ -e "$f" ] || [ -e "$f.part" ]; then fail "$f is there"; fi
  done
}

# run N ARGS...: portrait under mpirun with N ranks.
run() {
  local n=$1
  shift
  timeout -k 5 240 sh "$root/tests/mpirun.sh" -n "$n" "$portrait" "$@" </dev/null
}

# build N OUT ARGS...: a quiet build that must succeed.
build() {
  local n=$1 out=$2
  shift 2
  check "build $out with $n ranks" run "$n" build -q "$@" -o "$out"
}

# same A B [PATH...]: the files have the same content outside /uns/run and the paths given, for h5diff and bit by bit.
same() {
  local a=$1 b=$2 path options=()
  shift 2
  checks=$((checks + 1))
  for path in /uns/run "$@"; do options+=(--exclude-path "$path"); done
  if ! h5diff "${options[@]}" "$a" "$b" >diff.out 2>&1 || ! "$python" "$here/same.py" "$a" "$b" "$@" >>diff.out 2>&1; then
    fail "$a and $b differ"
    head -n 12 diff.out
  fi
}

# differ A B: they must not be the same, or `same` proves nothing.
differ() {
  checks=$((checks + 1))
  h5diff --exclude-path /uns/run "$1" "$2" >diff.out 2>&1 && fail "$1 and $2 do not differ"
}

# obs FILE COLUMN USER: one value as text.
obs() {
  "$python" "$here/obs.py" "$@"
}

is() {
  checks=$((checks + 1))
  [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
}

synth() {
  check "synth $*" run 2 synth -q "$@"
}
