#!/bin/sh
# Pod PRIMARY_ORDINAL is the primary, the others are its replicas. The configuration comes by standard input: arguments can be read by
# others, and the root file system is read-only.
set -eu
password=$(cat /etc/redis/password/password)
replicaof=
if [ "${POD##*-}" != "$PRIMARY_ORDINAL" ]; then
  replicaof="replicaof redis-$PRIMARY_ORDINAL.redis-pods 6379"
elif [ ! -e /data/appendonlydir ]; then
  # Replicas copy what their primary has: one whose disk was lost must not come up empty before one that still has the queues.
  for peer in $PEERS; do
    if REDISCLI_AUTH=$password timeout 3 redis-cli -h "$peer" info keyspace 2>/dev/null | grep -q '^db0:keys='; then
      printf '%s has data and this primary has none: make it the primary, or empty it\n' "$peer" >&2
      exit 1
    fi
  done
fi
exec redis-server - <<CONF
$(cat /etc/redis/config/redis.conf)
requirepass $password
masterauth $password
$replicaof
CONF
