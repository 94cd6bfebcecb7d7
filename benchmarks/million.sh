#!/usr/bin/env bash
# benchmarks/million.sh [--connections N] [--echod PATH] ...: a million connections in one echod,
# each of which echoes. What it does and prints: benchmarks/million.py.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/scripts/deps" build test
[[ -x $root/build/release/echod ]] || "$root/run" --version
exec /usr/bin/python3 "$root/benchmarks/million.py" "$@"
