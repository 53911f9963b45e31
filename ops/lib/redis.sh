# shellcheck shell=bash
# A Redis of our own: loopback, password, every write on disk before its answer.

redis_ensure() {
  local port
  port=$(url_port "$USHER_REDIS_URL")
  if process_runs redis; then
    say "Redis runs already (port $port)"
    return 0
  fi
  port_is_used "$port" && die "port $port, chosen for Redis, is in use by another program; end it, or set USHER_REDIS_PORT"
  mkdir -p -- "$STATE/redis"
  chmod 700 "$STATE/redis"
  write_private "$STATE/redis/redis.conf" <<CONF
bind 127.0.0.1
port $port
protected-mode yes
requirepass $(url_password "$USHER_REDIS_URL")
dir "$STATE/redis"
daemonize no
logfile ""
databases 1
save ""
# What it holds is mostly sealed, and does not shrink.
rdbcompression no
appendonly yes
appendfsync always
maxmemory $(redis_memory_limit)
maxmemory-policy noeviction
CONF
  say "starting Redis on 127.0.0.1:$port"
  process_start redis redis-server "$STATE/redis/redis.conf"
  # While it reads its append-only file it answers LOADING.
  process_await redis 120 redis_is_ready "$port"
}

# Half of the machine's memory: beyond it Redis refuses writes instead of being killed.
redis_memory_limit() {
  awk '$1 == "MemTotal:" { printf "%dkb", $2 / 2 }' /proc/meminfo
}

redis_is_ready() {
  [[ $(REDISCLI_AUTH=$(url_password "$USHER_REDIS_URL") redis-cli -p "$1" ping 2>/dev/null) == PONG ]]
}

redis_stop() {
  process_stop redis TERM 60
}
