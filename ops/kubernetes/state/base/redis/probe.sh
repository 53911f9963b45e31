#!/bin/sh
# Ready once it has read its log.
set -eu
REDISCLI_AUTH=$(cat /etc/redis/password/password)
export REDISCLI_AUTH
[ "$(timeout 2 redis-cli ping)" = PONG ]
