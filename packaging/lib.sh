# shellcheck shell=bash
# What the scripts of packaging/ share, on top of scripts/lib.sh.
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

native=$(dpkg --print-architecture)

# preset_of ARCHITECTURE: the preset that makes its program.
preset_of() {
  if [[ $1 == "$native" ]]; then echo release; else echo "$1"; fi
}

# tool_of ARCHITECTURE NAME: objcopy and the like for its files.
tool_of() {
  case $1 in
    "$native") echo "$2" ;;
    arm64) echo "aarch64-linux-gnu-$2" ;;
    *) fail "there is no cross compiler for $1 on $native" \
      "What to do: give amd64 or arm64 on amd64, or run it on a machine of that architecture." ;;
  esac
}

# architectures_of ARGUMENT: amd64, arm64 or all.
architectures_of() {
  case ${1-all} in
    amd64 | arm64) echo "$1" ;;
    all) echo "amd64 arm64" ;;
    *) fail "unknown architecture '$1'; give amd64, arm64 or all" ;;
  esac
}

version=$(sed -n 's/^project(echod VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")

# What is made has the time of the commit, or that which the environment asks for.
if [[ -z ${SOURCE_DATE_EPOCH-} ]]; then
  SOURCE_DATE_EPOCH=$(git -C "$root" show --no-patch --format=%ct HEAD 2>/dev/null || echo 0)
fi
export SOURCE_DATE_EPOCH
