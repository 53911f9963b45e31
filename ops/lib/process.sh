# shellcheck shell=bash
# Processes that ops/run started: each is known by its id together with its start time, so that an id which the
# system has given to another process since is never taken for ours.
#
#   $STATE/process/NAME   "PID STARTTIME BOOT-ID"
#   $STATE/pid/NAME       "PID", for people and monitors

# process_identity PID: its start time and the boot it belongs to; fails when it is gone or only a zombie.
process_identity() {
  local line fields boot
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  # The name in parentheses may contain spaces: count fields after it. They begin with the state.
  read -ra fields <<<"${line##*) }"
  [[ ${fields[0]} != [ZX] ]] || return 1
  read -r boot </proc/sys/kernel/random/boot_id
  printf '%s %s' "${fields[19]}" "$boot"
}

# id_is_free PID: no process has it, not even one that has ended.
id_is_free() {
  [[ ! -e /proc/$1 ]]
}

# process_pid NAME: prints the id if the process runs and is ours.
process_pid() {
  local pid identity
  [[ -f $STATE/process/$1 ]] || return 1
  read -r pid identity <"$STATE/process/$1" || return 1
  [[ $(process_identity "$pid") == "$identity" ]] || return 1
  printf '%s' "$pid"
}

process_runs() {
  process_pid "$1" >/dev/null
}

# process_start NAME COMMAND...: starts it in a session of its own, without our lock, its output appended to
# $STATE/log/NAME.log, and records it. Every COMMAND must end by replacing itself with the lasting process.
process_start() {
  local name=$1 pid identity
  shift
  log_rotate "$STATE/log/$name.log"
  setsid "$@" </dev/null >>"$STATE/log/$name.log" 2>&1 9>&- &
  pid=$!
  # A process that has ended already has no identity; the caller's wait then finds it gone.
  identity=$(process_identity "$pid") || identity="gone"
  printf '%s %s\n' "$pid" "$identity" >"$STATE/process/$name"
  printf '%s\n' "$pid" >"$STATE/pid/$name"
}

# log_rotate FILE: before a start, a log of more than 64 MiB becomes FILE.1 and the one before it goes.
log_rotate() {
  [[ ! -f $1 || $(stat -c %s -- "$1") -lt 67108864 ]] || mv -f -- "$1" "$1.1"
}

# process_await NAME SECONDS COMMAND...: waits until the command succeeds; ends the script, with the log, when the
# process dies or the time is up.
process_await() {
  local name=$1 seconds=$2 deadline=$((SECONDS + $2))
  shift 2
  until "$@"; do
    if ! process_runs "$name"; then
      process_forget "$name"
      show_tail "$STATE/log/$name.log"
      die "$name ended while it started; the reason is in $STATE/log/$name.log"
    fi
    if ((SECONDS >= deadline)); then
      show_tail "$STATE/log/$name.log"
      die "$name is not ready after $seconds s; see $STATE/log/$name.log"
    fi
    sleep 0.1
  done
}

process_forget() {
  rm -f -- "$STATE/process/$1" "$STATE/pid/$1"
}

# process_stop NAME SIGNAL SECONDS: asks it to end and waits; kills it when it takes longer. Silent when it does not run.
process_stop() {
  local name=$1 signal=$2 seconds=$3 pid
  if pid=$(process_pid "$name"); then
    say "stopping $name (process $pid)"
    kill -s "$signal" "$pid" 2>/dev/null || true
    # A stopped process (SIGSTOP) ends only once it goes on.
    kill -s CONT "$pid" 2>/dev/null || true
    if ! wait_until "$seconds" process_is_gone "$name"; then
      say "$name did not end within $seconds s: killing it"
      kill -s KILL "$pid" 2>/dev/null || true
      wait_until 10 process_is_gone "$name" || die "process $pid ($name) cannot be killed"
    fi
  fi
  process_forget "$name"
}

process_is_gone() {
  ! process_runs "$1"
}
