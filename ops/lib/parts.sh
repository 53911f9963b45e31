# shellcheck shell=bash
# The parts a server needs, as a whole: up in one order, down in the other. PARTS_STARTED lists what this script started.

PARTS_STARTED=()

# parts_ensure: starts Redis, RabbitMQ and PostgreSQL where they do not run.
parts_ensure() {
  local part
  for part in postgres redis rabbitmq; do
    process_runs "$part" || PARTS_STARTED+=("$part")
    "${part}_ensure"
  done
}

# parts_stop PART...: stops these, in the order usher, RabbitMQ, Redis, PostgreSQL.
parts_stop() {
  local part
  for part in server rabbitmq redis postgres; do
    [[ " $* " == *" $part "* ]] || continue
    "${part}_stop"
  done
}
