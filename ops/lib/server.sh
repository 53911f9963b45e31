# shellcheck shell=bash
# The usher server itself, and what it needs before it starts.

# server_environment COMMAND...: carries it out with the USHER_* variables that the server knows, and no others.
server_environment() {
  (
    local name
    for name in "${!USHER_@}"; do
      case $name in
        USHER_DEMO_* | USHER_TEST_* | USHER_*_PORT | USHER_STATE_DIR | USHER_BINARY | USHER_BUILD_CONFIGURATION)
          export -n "${name?}"
          ;;
        *) export "${name?}" ;;
      esac
    done
    "$@"
  )
}

# server_step WHAT ARGUMENTS...: carries out one usher command; shows its output when it fails.
server_step() {
  local what=$1 log=$STATE/log/setup.log
  shift
  if ! server_environment "$BINARY" "$@" >"$log" 2>&1; then
    show_tail "$log"
    die "$what failed ('usher $1'); see $log"
  fi
}

server_keyset() {
  [[ ! -e $USHER_KEYSET_FILE ]] || return 0
  say "generating the keyset for personal data"
  server_step "generating the keyset" keyset create --file "$USHER_KEYSET_FILE"
}

server_rules() {
  local default=$STATE/intake-rules.json
  [[ $USHER_INTAKE_RULES_FILE != "$default" || -e $default ]] || printf '{"rules": []}\n' | write_private "$default"
}

server_users() {
  local user password
  for user in "${DEMO_USERS[@]}"; do
    password=USHER_DEMO_${user^^}_PASSWORD
    server_step "creating the user $user" user create --username "$user" --level "$user" --if-absent \
      --password-file - <<<"${!password}"
  done
}

# server_ensure: true in SERVER_STARTED when it did not run and was started.
server_ensure() {
  SERVER_STARTED=false
  if process_runs usher; then
    say "usher runs already (process $(process_pid usher))"
    process_await usher 60 server_is_ready
    return 0
  fi
  local listen
  for listen in USHER_HTTP_LISTEN USHER_ADMIN_LISTEN; do
    port_is_used "${!listen##*:}" &&
      die "${!listen} is in use by another program: end it, or set $listen to another HOST:PORT"
  done
  server_keyset
  server_rules
  say "bringing the database up to date, creating the demo users where they are missing"
  server_step "the migration" migrate
  server_users
  say "starting usher on $USHER_HTTP_LISTEN"
  server_environment process_start usher "$BINARY" serve
  SERVER_STARTED=true
  process_await usher 60 server_is_ready
}

server_is_ready() {
  curl -fsS -m 2 -o /dev/null "http://$(reachable "$USHER_ADMIN_LISTEN")/health/ready" 2>/dev/null
}

# reachable HOST:PORT: where to call a listener that may listen on every address.
reachable() {
  case $1 in
    0.0.0.0:* | '[::]':* | '*':* | :*) printf '127.0.0.1:%s' "${1##*:}" ;;
    *) printf '%s' "$1" ;;
  esac
}

server_stop() {
  process_stop usher TERM 30
}

# server_greeting: where to go.
server_greeting() {
  local base env=$STATE/env
  base=http://$(reachable "$USHER_HTTP_LISTEN")
  [[ $env != "$PWD"/* ]] || env=./${env#"$PWD"/}
  printf -v env '%q' "$env"
  cat <<TEXT

Usher is ready.
  REST       $base/v1
  WebSocket  ws://${base#http://}/connection/websocket   (Centrifuge protocol, channels ${USHER_QUEUES//,/, })
  Health     http://$(reachable "$USHER_ADMIN_LISTEN")/health/ready
  Users      ${DEMO_USERS[*]}; their passwords, and every address, stand in $env
  Logs       $STATE/log

A token:
  . $env
  printf '{"username":"agent","password":"%s"}' "\$USHER_DEMO_AGENT_PASSWORD" |
    curl -s $base/v1/auth/token -H 'Content-Type: application/json' -d @-

TEXT
}
