# shellcheck shell=bash
# Building, with progress: a Swift build of everything takes minutes.

# build_with_progress WHAT LOG COMMAND...: carries out the command, its output in the log. On a terminal one line tells
# where it is; elsewhere a line every 15 s.
build_with_progress() {
  local what=$1 log=$2 began=$SECONDS next=$((SECONDS + 15)) line status=0
  shift 2
  say "$what (the first time takes minutes)"
  "$@" >"$log" 2>&1 9>&- &
  CHILD_PID=$!
  while kill -0 "$CHILD_PID" 2>/dev/null; do
    sleep 0.5
    line=$(tail -n 1 -- "$log" | cut -c 1-90)
    if [[ -t 1 ]]; then
      printf '\r\033[K  %3d s  %s' $((SECONDS - began)) "$line"
    elif ((SECONDS >= next)); then
      say "  $line"
      next=$((SECONDS + 15))
    fi
  done
  [[ ! -t 1 ]] || printf '\r\033[K'
  wait "$CHILD_PID" || status=$?
  CHILD_PID=
  if ((status != 0)); then
    grep -E 'error:' -- "$log" | sort -u | head -n 20 >&2 || true
    show_tail "$log"
    return "$status"
  fi
  say "built in $((SECONDS - began)) s"
}

require_swift() {
  if ! command -v swift >/dev/null; then
    # Installers often put it on the PATH of login shells alone.
    local found
    found=$(bash -lc 'command -v swift' 2>/dev/null </dev/null) || true
    [[ -z $found ]] || PATH=$PATH:$(dirname -- "$found")
  fi
  command -v swift >/dev/null || die "no 'swift' in PATH: install Swift 6.3 for Debian 12 from swift.org, then run this again"
}

# run_bounded SECONDS COMMAND...: carries out a command that may take no longer, with all the processes it starts.
run_bounded() {
  local status=0
  timeout --kill-after=20 "$@" 9>&- &
  CHILD_PID=$!
  wait "$CHILD_PID" || status=$?
  CHILD_PID=
  ((status != 124)) || printf 'ops/%s: not done after %s s, ended: %s\n' "$PROGRAM" "$1" "${*:2}" >&2
  return "$status"
}

# child_stop: ends the build or the bounded command that is under way.
child_stop() {
  [[ -z ${CHILD_PID:-} ]] || kill "$CHILD_PID" 2>/dev/null || true
}

# build_usher: sets BINARY to the server to run: USHER_BINARY where it is set, or what is built now in
# USHER_BUILD_CONFIGURATION (release where not set).
build_usher() {
  local configuration=${USHER_BUILD_CONFIGURATION:-release}
  if [[ -n ${USHER_BINARY:-} ]]; then
    BINARY=$(realpath -e -- "$USHER_BINARY" 2>/dev/null) || die "USHER_BINARY: there is no file $USHER_BINARY"
    [[ -x $BINARY ]] || die "USHER_BINARY: $BINARY is not executable"
    return 0
  fi
  require_swift
  build_with_progress "building usher ($configuration)" "$STATE/log/build.log" \
    swift build --package-path "$ROOT" -c "$configuration" --product usher ||
    die "the build failed; see $STATE/log/build.log"
  BINARY=$(swift build --package-path "$ROOT" -c "$configuration" --show-bin-path)/usher
}
