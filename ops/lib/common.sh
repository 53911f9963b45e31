# shellcheck shell=bash
# Talking to the operator, waiting, random values. Sourced by every script in ops/.

# say TEXT...: one line of progress, with the time since the script began.
say() {
  printf '[%02d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# die TEXT...: ends the script with a message that says what to do.
die() {
  printf 'ops/%s: %s\n' "$PROGRAM" "$*" >&2
  exit 1
}

# show_tail FILE: the end of a log, indented, on standard error.
show_tail() {
  [[ -s $1 ]] || return 0
  printf '  last lines of %s:\n' "$1" >&2
  tail -n 25 -- "$1" | sed 's/^/  | /' >&2
}

# wait_until SECONDS COMMAND...: repeats the command every 0.1 s until it succeeds; fails when the time is up.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# random_secret: 48 hexadecimal digits, safe in URLs and configuration files.
random_secret() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# write_private FILE: standard input becomes FILE, mode 600, in one step.
write_private() {
  (
    umask 077
    cat >"$1.new"
  )
  mv -f -- "$1.new" "$1"
}

# url_port URL and url_password URL: parts of scheme://user:password@host:port/...
url_port() {
  local rest=${1#*://}
  rest=${rest##*@}
  rest=${rest%%/*}
  printf '%s' "${rest##*:}"
}
url_password() {
  local rest=${1#*://}
  rest=${rest%%@*}
  printf '%s' "${rest#*:}"
}
