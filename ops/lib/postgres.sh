# shellcheck shell=bash
# A PostgreSQL of our own: loopback only, no Unix socket, scram passwords. It refuses to run as root; then the user
# "postgres" of Debian's package runs it.

postgres_ensure() {
  local port data
  port=$(url_port "$USHER_DATABASE_URL")
  if process_runs postgres; then
    say "PostgreSQL runs already (port $port)"
    return 0
  fi
  port_is_used "$port" && die "port $port, chosen for PostgreSQL, is in use by another program; end it, or set USHER_POSTGRES_PORT"
  postgres_place
  data=$PARTS_POSTGRES_DIR/data
  [[ -f $data/PG_VERSION ]] || postgres_init
  postgres_await_last
  say "starting PostgreSQL on 127.0.0.1:$port"
  process_start postgres "${POSTGRES_AS[@]}" "$(postgres_bin)/postgres" -D "$data" \
    -c listen_addresses=127.0.0.1 -c port="$port" -c unix_socket_directories= \
    -c password_encryption=scram-sha-256 -c log_timezone=UTC -c timezone=UTC -c max_connections=200
  process_await postgres 120 postgres_is_ready "$port"
  postgres_role
}

# Who runs it, and where its data stand: in the state folder, or, where that user cannot get there, under /var/lib.
postgres_place() {
  POSTGRES_AS=(env)
  if ((EUID == 0)); then
    POSTGRES_AS=(setpriv --reuid=postgres --regid=postgres --clear-groups -- env -C /)
  fi
  # The state folder may have been moved since.
  [[ ! -d $STATE/postgres ]] || PARTS_POSTGRES_DIR=$STATE/postgres
  [[ -z ${PARTS_POSTGRES_DIR:-} ]] || return 0
  PARTS_POSTGRES_DIR=$STATE/postgres
  if ((EUID == 0)); then
    # Others may pass through the state folder, not list it; what is in it is private file by file.
    chmod 711 "$STATE"
    mkdir -p -- "$PARTS_POSTGRES_DIR"
    chown postgres:postgres "$PARTS_POSTGRES_DIR"
    if ! "${POSTGRES_AS[@]}" test -w "$PARTS_POSTGRES_DIR"; then
      rmdir -- "$PARTS_POSTGRES_DIR"
      chmod 700 "$STATE"
      PARTS_POSTGRES_DIR=$(mktemp -d /var/lib/usher-postgres-XXXXXX)
      chown postgres:postgres "$PARTS_POSTGRES_DIR"
      say "user postgres cannot enter $STATE: PostgreSQL's data stand in $PARTS_POSTGRES_DIR"
    fi
  else
    mkdir -p -- "$PARTS_POSTGRES_DIR"
  fi
  chmod 700 "$PARTS_POSTGRES_DIR"
  parts_save
}

# postgres_await_last: after a crash PostgreSQL does not start while the id in its lock file is in use, and that of a process which
# has ended is until its parent asks for its end: some processes 1 do so every few seconds only.
postgres_await_last() {
  local pid
  [[ -f $PARTS_POSTGRES_DIR/data/postmaster.pid ]] && read -r pid <"$PARTS_POSTGRES_DIR/data/postmaster.pid" || return 0
  # One that runs is another's: PostgreSQL tells best what is wrong.
  process_identity "$pid" >/dev/null || wait_until 30 id_is_free "$pid" ||
    die "process $pid, the PostgreSQL that ended last, has not been waited for by its parent (run with an init process)"
}

# postgres_bin: the folder of the programs: of the version that made the data, or else the newest.
postgres_bin() {
  local version candidates
  if [[ -f $PARTS_POSTGRES_DIR/data/PG_VERSION ]]; then
    read -r version <"$PARTS_POSTGRES_DIR/data/PG_VERSION"
    candidates=(/usr/lib/postgresql/"$version"/bin)
  else
    mapfile -t candidates < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V)
  fi
  [[ -x ${candidates[-1]}/postgres ]] || die "no PostgreSQL server in ${candidates[-1]}; install the package postgresql${version:+-$version}"
  printf '%s' "${candidates[-1]}"
}

postgres_init() {
  local log=$STATE/log/initdb.log
  say "making PostgreSQL's data folder"
  # A folder left by an initdb that was interrupted is of no use.
  rm -rf -- "$PARTS_POSTGRES_DIR/data.new"
  # The password goes through a file that its reader alone may read, never an argument list.
  printf '%s\n' "$PARTS_POSTGRES_PASSWORD" |
    # shellcheck disable=SC2016
    "${POSTGRES_AS[@]}" sh -c 'umask 077; cat >"$1"' sh "$PARTS_POSTGRES_DIR/password"
  if ! "${POSTGRES_AS[@]}" "$(postgres_bin)/initdb" -D "$PARTS_POSTGRES_DIR/data.new" -U postgres \
    --auth=scram-sha-256 --pwfile="$PARTS_POSTGRES_DIR/password" --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    >"$log" 2>&1; then
    rm -f -- "$PARTS_POSTGRES_DIR/password"
    show_tail "$log"
    die "PostgreSQL's data folder could not be made; see $log"
  fi
  rm -f -- "$PARTS_POSTGRES_DIR/password"
  mv -- "$PARTS_POSTGRES_DIR/data.new" "$PARTS_POSTGRES_DIR/data"
}

# postgres_sql PORT: carries out the SQL on standard input as the superuser.
postgres_sql() {
  PGPASSWORD=$PARTS_POSTGRES_PASSWORD "$(postgres_bin)/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
    -h 127.0.0.1 -p "$1" -U postgres -d postgres
}

postgres_is_ready() {
  port_answers "$1" && postgres_sql "$1" <<<'SELECT 1' >/dev/null 2>&1
}

# The role "usher", owner of the database "usher"; it may make databases only where tests ask for it.
postgres_role() {
  local port
  port=$(url_port "$USHER_DATABASE_URL")
  USHER_ROLE_PASSWORD=$(url_password "$USHER_DATABASE_URL") USHER_ROLE_OPTION=${POSTGRES_ROLE_OPTION:-NOCREATEDB} \
    postgres_sql "$port" <<'SQL'
\getenv password USHER_ROLE_PASSWORD
\getenv option USHER_ROLE_OPTION
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'usher') AS wanted \gset
\if :wanted
CREATE ROLE usher LOGIN :option PASSWORD :'password';
\endif
SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = 'usher') AS wanted \gset
\if :wanted
CREATE DATABASE usher OWNER usher;
\endif
SQL
}

postgres_stop() {
  # SIGINT is PostgreSQL's fast shutdown: open sessions are ended, nothing is lost.
  process_stop postgres INT 60
}
