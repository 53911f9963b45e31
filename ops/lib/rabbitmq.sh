# shellcheck shell=bash
# A RabbitMQ of our own: node, cookie, port mapper (epmd), data and configuration all inside the state folder.

RABBITMQ_BIN=/usr/lib/rabbitmq/bin

rabbitmq_ensure() {
  local port
  port=$(url_port "$USHER_AMQP_URL")
  if process_runs rabbitmq; then
    say "RabbitMQ runs already (port $port)"
    return 0
  fi
  port_is_used "$port" && die "port $port, chosen for RabbitMQ, is in use by another program; end it, or set USHER_AMQP_PORT"
  mkdir -p -- "$STATE/rabbitmq"
  chmod 700 "$STATE/rabbitmq"
  rabbitmq_configure "$port"
  if ! process_runs epmd; then
    if port_is_used "$PARTS_EPMD_PORT"; then
      choose_port PARTS_EPMD_PORT "$PARTS_EPMD_PORT"
      parts_save
    fi
    process_start epmd epmd -port "$PARTS_EPMD_PORT" -address 127.0.0.1
    rm -f -- "$STATE/pid/epmd"
    process_await epmd 10 port_answers "$PARTS_EPMD_PORT"
  fi
  say "starting RabbitMQ on 127.0.0.1:$port"
  rabbitmq_environment process_start rabbitmq "$RABBITMQ_BIN/rabbitmq-server"
  process_await rabbitmq 120 port_answers "$port"
}

rabbitmq_configure() {
  # default_user and default_pass count when the node starts for the first time.
  write_private "$STATE/rabbitmq/rabbitmq.conf" <<CONF
listeners.tcp.default = 127.0.0.1:$1
default_user = usher
default_pass = $(url_password "$USHER_AMQP_URL")
default_vhost = /
vm_memory_high_watermark.relative = 0.3
disk_free_limit.absolute = 200MB
log.console = true
log.console.level = warning
log.file = false
CONF
  # The cookie admits to the node's inner port; Erlang would make a less random one.
  if [[ ! -e $STATE/rabbitmq/.erlang.cookie ]]; then
    random_secret | write_private "$STATE/rabbitmq/.erlang.cookie"
    chmod 400 "$STATE/rabbitmq/.erlang.cookie"
  fi
  printf '[].\n' >"$STATE/rabbitmq/enabled_plugins"
  : >"$STATE/rabbitmq/rabbitmq-env.conf"
}

# rabbitmq_environment COMMAND...: carries it out with the variables that point RabbitMQ's tools at our node.
rabbitmq_environment() {
  (
    export HOME=$STATE/rabbitmq
    export ERL_EPMD_PORT=$PARTS_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
    export RABBITMQ_NODENAME=$PARTS_NODE@localhost
    export RABBITMQ_DIST_PORT=$PARTS_DISTRIBUTION_PORT
    export RABBITMQ_CONF_ENV_FILE=$STATE/rabbitmq/rabbitmq-env.conf
    export RABBITMQ_CONFIG_FILE=$STATE/rabbitmq/rabbitmq.conf
    export RABBITMQ_ADVANCED_CONFIG_FILE=$STATE/rabbitmq/advanced.config
    export RABBITMQ_ENABLED_PLUGINS_FILE=$STATE/rabbitmq/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$STATE/rabbitmq/mnesia
    export RABBITMQ_LOG_BASE=$STATE/log
    export RABBITMQ_PID_FILE=$STATE/rabbitmq/server.pid
    # With input allowed the start script replaces itself with the Erlang machine, and its process id is the node's;
    # -noinput then takes the input away again.
    export RABBITMQ_ALLOW_INPUT=true
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-noinput -kernel inet_dist_use_interface {127,0,0,1}"
    "$@"
  )
}

rabbitmq_stop() {
  process_stop rabbitmq TERM 60
  process_stop epmd TERM 10
}
