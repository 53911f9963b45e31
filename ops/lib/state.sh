# shellcheck shell=bash
# The state folder: what ops/run chose and must keep.
#
#   env      every USHER_* variable and the demo users' passwords, for people and for the server
#   parts    what only these scripts need: the superuser's password, inner ports, names
#   log/ pid/ process/ redis/ rabbitmq/ postgres/ keyset.json intake-rules.json lock

DEMO_USERS=(admin supervisor agent viewer producer)

# state_open: finds the folder, makes it where it is missing, and takes its lock.
state_open() {
  state_locate
  if [[ ! -d $STATE ]]; then
    mkdir -p -- "$STATE"
    chmod 700 "$STATE"
  fi
  mkdir -p -- "$STATE"/{log,pid,process}
  chmod 700 "$STATE"/{log,pid,process}
  state_lock
}

# state_locate: sets STATE. A relative USHER_STATE_DIR counts from the project's folder.
state_locate() {
  STATE=${USHER_STATE_DIR:-.usher}
  [[ $STATE == /* ]] || STATE=$ROOT/$STATE
}

# state_lock: one script at a time changes the state; the others wait for it.
state_lock() {
  exec 9>"$STATE/lock"
  flock -n 9 && return 0
  say "waiting for another ops script that is at work in $STATE"
  flock -w 1800 9 || die "another ops script holds $STATE/lock for more than 30 minutes"
}

state_unlock() {
  exec 9>&-
}

# state_load: sets every variable of env and parts: as remembered, as the environment asks, or newly chosen.
state_load() {
  local wish_http wish_admin wish_redis wish_amqp wish_postgres name
  wish_http=${USHER_HTTP_LISTEN:-${USHER_HTTP_PORT:+127.0.0.1:$USHER_HTTP_PORT}}
  wish_admin=${USHER_ADMIN_LISTEN:-${USHER_ADMIN_PORT:+127.0.0.1:$USHER_ADMIN_PORT}}
  wish_redis=$(wished_port USHER_REDIS_PORT USHER_REDIS_URL)
  wish_amqp=$(wished_port USHER_AMQP_PORT USHER_AMQP_URL)
  wish_postgres=$(wished_port USHER_POSTGRES_PORT USHER_DATABASE_URL)
  local wish_site=${USHER_SITE:-} wish_queues=${USHER_QUEUES:-} wish_rules=${USHER_INTAKE_RULES_FILE:-}
  unset USHER_HTTP_LISTEN USHER_ADMIN_LISTEN USHER_REDIS_URL USHER_AMQP_URL USHER_DATABASE_URL

  # What these files set is ours alone: no child process gets it unless it is handed on.
  if [[ -f $STATE/env ]]; then
    # shellcheck source=/dev/null
    source "$STATE/env"
    # shellcheck source=/dev/null
    source "$STATE/parts"
    for name in "${!USHER_@}"; do export -n "${name?}"; done
  elif [[ -e $STATE/redis || -e $STATE/postgres || -e $STATE/keyset.json ]]; then
    die "$STATE holds data but its file env is missing: restore it, or move the folder away to start anew"
  fi

  USHER_SITE=${wish_site:-${USHER_SITE:-main}}
  USHER_QUEUES=${wish_queues:-${USHER_QUEUES:-front-desk,roadside}}
  USHER_KEYSET_FILE=$STATE/keyset.json
  USHER_INTAKE_RULES_FILE=${wish_rules:-${USHER_INTAKE_RULES_FILE:-}}
  # A remembered file that is gone was the default one, before the folder was moved.
  [[ -n $wish_rules || -e $USHER_INTAKE_RULES_FILE ]] || USHER_INTAKE_RULES_FILE=$STATE/intake-rules.json
  PARTS_NODE=${PARTS_NODE:-usher-$(random_secret | cut -c 1-8)}
  PARTS_POSTGRES_PASSWORD=${PARTS_POSTGRES_PASSWORD:-$(random_secret)}
  for name in "${DEMO_USERS[@]}"; do
    name=USHER_DEMO_${name^^}_PASSWORD
    [[ -n ${!name:-} ]] || printf -v "$name" '%s' "$(random_secret)"
  done

  state_ports
  parts_save
  env_save
}

# wished_port PORT_VARIABLE URL_VARIABLE: the port that the environment asks for, if it does.
wished_port() {
  local rest
  if [[ -n ${!1:-} ]]; then
    printf '%s' "${!1}"
  elif [[ -n ${!2:-} ]]; then
    rest=${!2#*://}
    rest=${rest##*@}
    case $rest in
      127.0.0.1:* | localhost:*) url_port "${!2}" ;;
      *) die "$2 names another host, but ops/run starts parts of its own on loopback: unset it, or run 'usher serve' yourself" ;;
    esac
  fi
}

# state_ports: gives every listener its port. Wishes and remembered ports first, so that no choice takes one of them.
state_ports() {
  local offset=${OPS_PORT_OFFSET:-0} http admin redis amqp postgres
  settle_port usher http "${wish_http##*:}" "${USHER_HTTP_LISTEN:-}"
  settle_port usher admin "${wish_admin##*:}" "${USHER_ADMIN_LISTEN:-}"
  settle_port redis redis "$wish_redis" "${USHER_REDIS_URL:-}"
  settle_port rabbitmq amqp "$wish_amqp" "${USHER_AMQP_URL:-}"
  settle_port postgres postgres "$wish_postgres" "${USHER_DATABASE_URL:-}"
  [[ -n $http ]] || choose_port http $((offset + 8080))
  [[ -n $admin ]] || choose_port admin $((offset + 8081))
  [[ -n $redis ]] || choose_port redis $((offset + 6380))
  [[ -n $amqp ]] || choose_port amqp $((offset + 5680))
  [[ -n $postgres ]] || choose_port postgres $((offset + 5440))
  [[ -n ${PARTS_EPMD_PORT:-} ]] || choose_port PARTS_EPMD_PORT $((offset + 4380))
  [[ -n ${PARTS_DISTRIBUTION_PORT:-} ]] || choose_port PARTS_DISTRIBUTION_PORT $((offset + 5880))

  USHER_HTTP_LISTEN=${wish_http:-${USHER_HTTP_LISTEN:-127.0.0.1:$http}}
  USHER_ADMIN_LISTEN=${wish_admin:-${USHER_ADMIN_LISTEN:-127.0.0.1:$admin}}
  USHER_REDIS_URL=redis://:$(secret_of "${USHER_REDIS_URL:-}")@127.0.0.1:$redis/0
  USHER_AMQP_URL=amqp://usher:$(secret_of "${USHER_AMQP_URL:-}")@127.0.0.1:$amqp/%2F
  USHER_DATABASE_URL=postgresql://usher:$(secret_of "${USHER_DATABASE_URL:-}")@127.0.0.1:$postgres/usher
}

# settle_port PART VARIABLE WISH REMEMBERED: sets the variable to the port that is wished or remembered, or to nothing.
settle_port() {
  local wish=$3 remembered
  remembered=$(url_port "$4")
  if [[ -n $wish && -n $remembered && $wish != "$remembered" ]] && process_runs "$1"; then
    die "$1 runs on port $remembered but the environment asks for $wish: run ops/stop first"
  fi
  printf -v "$2" '%s' "${wish:-$remembered}"
  [[ -z ${!2} ]] || take_port "${!2}" "the $2 port"
}

# secret_of URL: its password, or a new one where there is no URL yet.
secret_of() {
  if [[ -n $1 ]]; then url_password "$1"; else random_secret; fi
}

env_save() {
  local name
  {
    printf '# What ops/run chose. Secrets: keep it to yourself.\n'
    for name in USHER_SITE USHER_QUEUES USHER_HTTP_LISTEN USHER_ADMIN_LISTEN USHER_REDIS_URL USHER_AMQP_URL \
      USHER_DATABASE_URL USHER_KEYSET_FILE USHER_INTAKE_RULES_FILE "${DEMO_USERS[@]}"; do
      [[ $name == USHER_* ]] || name=USHER_DEMO_${name^^}_PASSWORD
      print_assignment "export " "$name"
    done
  } | write_private "$STATE/env"
}

parts_save() {
  local name
  for name in PARTS_NODE PARTS_EPMD_PORT PARTS_DISTRIBUTION_PORT PARTS_POSTGRES_PASSWORD PARTS_POSTGRES_DIR; do
    print_assignment "" "$name"
  done | write_private "$STATE/parts"
}

# print_assignment PREFIX NAME: PREFIXname='value', whatever the value.
print_assignment() {
  local value=${!2:-} quote="'\\''"
  printf "%s%s='%s'\n" "$1" "$2" "${value//\'/$quote}"
}
