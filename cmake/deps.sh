# What has to be installed, and installing it where it is missing. For sh and bash; sourced, not run:
#
#     . cmake/deps.sh
#     portrait_need build test
#
# Groups: build (compile and run), read (the demo's table), test (tests/run), check (.ci/run), bench (bench/run). On Debian and its children the
# missing packages are installed, as root or through sudo; elsewhere, and without the right to, they are named and the
# function fails. Nothing is done where nothing is missing.

portrait_packages() {
  for group; do
    case $group in
    build)
      echo cmake ninja-build gcc libc6-dev pkg-config openmpi-bin libopenmpi-dev libhdf5-openmpi-dev libzstd-dev \
        zlib1g-dev libyaml-dev libjansson-dev libsodium-dev libxxhash-dev libisal-dev liblbfgs-dev tzdata zstd
      ;;
    test)
      echo libcmocka-dev hdf5-tools python3 python3-anndata python3-h5py python3-numpy python3-pandas python3-yaml \
        python3-zstandard python3-xxhash python3-sklearn r-base-core r-bioc-rhdf5
      ;;
    read) echo python3 python3-h5py ;;
    check) echo clang clang-format clang-tidy libclang-rt-14-dev ;;
    bench) echo python3 python3-venv python3-h5py python3-numpy ca-certificates ;;
    esac
  done
}

# Package names differ where the system is not Debian's; what a name stands for is then found by its purpose.
portrait_need() {
  wanted=$(portrait_packages "$@")
  if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    if command -v cmake >/dev/null 2>&1 && command -v mpirun >/dev/null 2>&1; then
      return 0 # cmake says what else it misses
    fi
    echo "portrait: please install what these Debian packages hold:" $wanted >&2
    return 1
  fi
  missing=
  for package in $wanted; do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
    ii*) ;;
    *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
  elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
    as_root=sudo
  else
    echo "portrait: please install, as root: apt-get install$missing" >&2
    return 1
  fi
  echo "portrait: installing$missing" >&2
  quiet="env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3"
  $as_root $quiet update </dev/null >/dev/null &&
    $as_root $quiet install -y --no-install-recommends $missing </dev/null >/dev/null
}

# MPI for scripts on one machine: root may start it, and the shared-memory and session files of the runs lie in a folder
# of our own, which the script removes at its end: trap portrait_mpi_clean EXIT
portrait_mpi_setup() {
  if [ -d /dev/shm ] && [ -w /dev/shm ]; then
    portrait_mpi_dir=$(mktemp -d /dev/shm/portrait.XXXXXX)
  else
    portrait_mpi_dir=$(mktemp -d "${TMPDIR:-/tmp}/portrait.XXXXXX")
  fi
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export OMPI_MCA_btl_vader_backing_directory="$portrait_mpi_dir" OMPI_MCA_orte_tmpdir_base="$portrait_mpi_dir"
  export OMPI_MCA_btl_vader_single_copy_mechanism=none
}

portrait_mpi_clean() {
  [ -n "${portrait_mpi_dir:-}" ] && rm -rf "$portrait_mpi_dir"
  portrait_mpi_dir=
}
