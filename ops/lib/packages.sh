# shellcheck shell=bash
# Debian packages: installs what is missing and leaves every service that comes with them stopped and disabled.

PACKAGES_RUN=(
  pkg-config libhiredis-dev librabbitmq-dev libpq-dev libssl-dev zlib1g-dev # to build
  redis-server rabbitmq-server postgresql                        # to run
  curl util-linux
)
PACKAGES_TEST=(python3 python3-venv nodejs shellcheck prometheus) # of prometheus promtool alone

PACKAGES_CONSOLE=(chromium fonts-dejavu-core) # a browser for the console's tests, and letters to draw

# as_root COMMAND...
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    die "needs root for: $* (install sudo, or run it once as root)"
  fi
}

package_is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# packages_ensure PACKAGE...
packages_ensure() {
  local package missing=()
  command -v apt-get >/dev/null || die "needs Debian or a relative: there is no apt-get here"
  for package in "$@"; do
    package_is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  say "installing packages: ${missing[*]}"
  packages_install "${missing[@]}"
}

# packages_install PACKAGE...: with its output in a log, which is shown when it fails.
packages_install() {
  local log=$STATE/log/packages.log unit units=()
  # Services of ours alone are to run: those whose package is new here are not to start, now or at the next boot.
  package_is_installed redis-server || units+=(redis-server.service)
  package_is_installed rabbitmq-server || units+=(rabbitmq-server.service)
  package_is_installed erlang-base || units+=(epmd.service epmd.socket)
  package_is_installed postgresql || units+=(postgresql.service)
  package_is_installed prometheus || units+=(prometheus.service)

  if ! as_root bash -euo pipefail -s -- "$@" >"$log" 2>&1 <<'SCRIPT'; then
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d
made=()
trap '((${#made[@]} == 0)) || rm -rf -- "${made[@]}"' EXIT
if [[ ! -e $policy ]]; then
  made+=("$policy")
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
# PostgreSQL's package would make a cluster "main" of its own.
if [[ ! -e $cluster/usher.conf ]]; then
  [[ -d $cluster ]] || mkdir -p "$cluster"
  made+=("$cluster/usher.conf")
  printf 'create_main_cluster = false\n' >"$cluster/usher.conf"
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get update
apt-get install --yes --no-install-recommends "$@"
SCRIPT
    show_tail "$log"
    die "the packages could not be installed; see $log"
  fi
  for unit in "${units[@]}"; do
    service_disable "$unit" >>"$log" 2>&1
  done
}

# service_disable UNIT: keeps it from starting at boot, whichever program starts services here.
service_disable() {
  local script=${1%.service}
  if command -v systemctl >/dev/null; then
    as_root systemctl disable "$1" || true
  fi
  [[ ! -e /etc/init.d/$script ]] || as_root update-rc.d "$script" disable || true
}
