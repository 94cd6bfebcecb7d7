#!/usr/bin/env bash
# benchmarks/compare.sh [--no-install] [OPTION...]: installs and builds what is missing, then
# compares echod with other echo servers. benchmarks/README.md says what is measured and how;
# --help lists the options. With ECHOD=PATH that program is compared, and none is built.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

install=()
if [[ ${1-} == --no-install ]]; then
  install=(--no-install)
  shift
fi

if [[ -z ${ECHOD-} ]]; then
  "$root/scripts/deps" "${install[@]}" build bench
  settings=()
  [[ -f $root/build/release/CMakeCache.txt ]] || settings=(ECHOD_TESTS=OFF)
  configure_and_build release echod "${settings[@]}"
  ECHOD=$root/build/release/echod
fi

export PYTHONPATH=$root/benchmarks PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -m compare --echod "$ECHOD" "$@"
