# shellcheck shell=bash
# What ./run, ./test, scripts/gate and scripts/deps share. Everything here speaks on standard error,
# so that standard output belongs to the program that is run. A step that has nothing to do says
# nothing; a step that fails says which it was, shows the end of its log and what to do, and exits.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# In CI one run should show every failure; at a desk the first is enough.
failures_max=1 shown_lines_max=50
[[ -z ${CI-} ]] || failures_max=0 shown_lines_max=200

trap 'exit 130' INT  # an interrupted step did not fail

note() { printf '==> %s\n' "$*" >&2; }

# fail MESSAGE [LINE...]: the error, and lines that help, indented under it.
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  if (($# > 0)); then printf '  %s\n' "$@" >&2; fi
  exit 1
}

# fail_with_log STEP LOG ADVICE [LINE...]
fail_with_log() {
  local step=$1 log=$2 advice=$3
  shift 3
  printf 'error: %s failed. What it said last:\n' "$step" >&2
  decisive_lines "$log" | sed 's/^/  | /' >&2 || true  # head may leave the rest unread
  printf '  %s\n' "Full log: ${log#"$root"/}" "What to do: $advice" "$@" >&2
  exit 1
}

# writable DIRECTORY: makes the directory, which belongs to the build.
writable() {
  if ! mkdir -p "$1" 2>/dev/null || [[ ! -w $1 ]]; then
    fail "cannot write in ${1#"$root"/}" \
      "What to do: if it was made by another user (by sudo?), remove it as that user."
  fi
}

# The part of a log worth showing: from CMake's or else ninja's first failure on, without the
# command lines that ninja repeats; of any other log its end.
decisive_lines() {
  if grep -q '^CMake Error' "$1"; then
    sed -n '/^CMake Error/,$ p' "$1" | head -n "$shown_lines_max"
  elif grep -q '^FAILED: ' "$1"; then
    sed -n '/^FAILED: /,$ { /^FAILED: / { p; n; d }; p }' "$1" | head -n "$shown_lines_max"
  else
    tail -n 25 "$1"
  fi
}

# is_configured PRESET [NAME=VALUE...]: whether build/PRESET fits the presets, this directory (a
# tree may have been moved) and the values. Ninja itself notices changes of CMakeLists.txt.
is_configured() {
  local dir=$root/build/$1 setting
  shift
  [[ $dir/build.ninja -nt $root/CMakePresets.json ]] || return 1
  grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt" || return 1
  for setting in "$@"; do
    grep -qx "${setting%%=*}:[^=]*=${setting#*=}" "$dir/CMakeCache.txt" || return 1
  done
}

# configure PRESET [NAME=VALUE...]. Values stay with the build directory until others are asked for.
configure() {
  local preset=$1 dir=$root/build/$1 fresh=()
  shift
  ! is_configured "$preset" "$@" || return 0
  note "Configuring ($preset)"
  if [[ -f $dir/CMakeCache.txt ]] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt"; then
    fresh=(--fresh)
  fi
  if ! (cd "$root" && cmake --preset "$preset" "${fresh[@]}" "${@/#/-D}") \
    >"$dir/configure.log" 2>&1; then
    fail_with_log "configuring ($preset)" "$dir/configure.log" \
      "if it names a missing package, run 'scripts/deps build test' (and 'check' for clang);" \
      "else mend CMakeLists.txt, or remove build/$preset if its contents went stale."
  fi
}

# show_progress LABEL: reads ninja's output; says LABEL once there is work, with a running count
# where somebody watches.
show_progress() {
  local label=$1 line started=no
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+/[0-9]+)\]\ (.*) ]] || continue
    [[ ${BASH_REMATCH[2]} != Re-* ]] || continue  # "Re-checking globbed directories", "Re-running"
    if [[ -t 2 ]]; then
      printf '\r==> %s %s\033[K' "$label" "${BASH_REMATCH[1]}" >&2
    elif [[ $started == no ]]; then
      note "$label"
    fi
    started=yes
  done
  if [[ -t 2 && $started == yes ]]; then echo >&2; fi
}

# configure_and_build PRESET TARGET [NAME=VALUE...]: brings build/PRESET up to date. One at a time
# for each preset, because ninja does not guard a directory against a second ninja.
configure_and_build() {
  local preset=$1 target=$2 dir=$root/build/$1
  shift 2
  writable "$dir"
  exec 9>"$dir/.lock"
  if ! flock --nonblock 9; then
    note "Waiting for another build ($preset)"
    flock 9
  fi
  configure "$preset" "$@"
  if ! NINJA_STATUS='[%f/%t] ' ninja -C "$dir" -j "$(nproc)" -k "$failures_max" "$target" 2>&1 |
    tee "$dir/build.log" | show_progress "Building ($preset)"; then
    fail_with_log "building ($preset)" "$dir/build.log" \
      "mend the first error above and repeat the command; it continues where it stopped." \
      "If errors make no sense, remove build/$preset and repeat."
  fi
  exec 9>&-
}
