# shellcheck shell=bash
# Everything the scripts share. Sets ROOT, the project's folder, and PROGRAM, the script's name.

PROGRAM=${0##*/}
ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

# shellcheck source=common.sh
source "$ROOT/ops/lib/common.sh"
# shellcheck source=process.sh
source "$ROOT/ops/lib/process.sh"
# shellcheck source=ports.sh
source "$ROOT/ops/lib/ports.sh"
# shellcheck source=packages.sh
source "$ROOT/ops/lib/packages.sh"
# shellcheck source=state.sh
source "$ROOT/ops/lib/state.sh"
# shellcheck source=build.sh
source "$ROOT/ops/lib/build.sh"
# shellcheck source=redis.sh
source "$ROOT/ops/lib/redis.sh"
# shellcheck source=rabbitmq.sh
source "$ROOT/ops/lib/rabbitmq.sh"
# shellcheck source=postgres.sh
source "$ROOT/ops/lib/postgres.sh"
# shellcheck source=server.sh
source "$ROOT/ops/lib/server.sh"
# shellcheck source=parts.sh
source "$ROOT/ops/lib/parts.sh"
